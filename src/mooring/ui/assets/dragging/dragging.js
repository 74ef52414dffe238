// Drag and drop between lists. A list is [data-drop], what is dragged is each of its children with [data-drag]; lists of one
// [data-drop-group] exchange them. What was let go elsewhere is told by the event "dropped" on the item (detail: from, to, before);
// whoever listens sends it to the server. There is always a way by keys beside it.

import Sortable from "sortablejs";

const OPTIONS = {
  draggable: "[data-drag]",
  filter: "details, button, input, select",
  preventOnFilter: false,
  animation: 120,
  delay: 200,
  delayOnTouchOnly: true,
  fallbackOnBody: true,
  swapThreshold: 0.6,
  emptyInsertThreshold: 8,
};

function dropped({ item, from, to, oldIndex, newIndex }) {
  document.body.classList.remove("dragging");
  if (from === to && oldIndex === newIndex) return;
  const before = item.nextElementSibling?.closest("[data-drag]") ?? null;
  item.dispatchEvent(new CustomEvent("dropped", { bubbles: true, detail: { from, to, before } }));
}

// In a tree whose order is fixed nothing moves aside: what is under the pointer is marked, and the item is dropped onto it, or onto
// [data-drop-top]. The detail of its event is {onto}, null for the top.
let aimed = null;

function aim(target) {
  aimed?.classList.remove("aimed-at");
  aimed = target;
  aimed?.classList.add("aimed-at");
}

function aiming({ clientX, clientY }) {
  aim(document.elementFromPoint(clientX, clientY)?.closest("[data-drop-top], [data-drop-onto] li") ?? null);
}

const ONTO = {
  sort: false,
  onStart: () => {
    document.body.classList.add("dragging");
    for (const event of ["dragover", "pointermove", "touchmove"]) document.addEventListener(event, follow, true);
  },
  onMove: () => false,
  onEnd: ({ item }) => {
    document.body.classList.remove("dragging");
    for (const event of ["dragover", "pointermove", "touchmove"]) document.removeEventListener(event, follow, true);
    const onto = aimed;
    aim(null);
    if (!onto || onto === item || item.contains(onto)) return;
    const detail = { onto: onto.matches("[data-drop-top]") ? null : onto };
    item.dispatchEvent(new CustomEvent("dropped", { bubbles: true, detail }));
  },
};

// Captured: the lists keep these events to themselves.
function follow(event) {
  aiming(event.touches?.[0] ?? event);
}

export function begin(root) {
  for (const list of root.querySelectorAll("[data-drop]")) {
    if (Sortable.get(list)) continue;
    const group = list.closest("[data-drop-group]")?.dataset.dropGroup ?? list.dataset.drop;
    const how = list.closest("[data-drop-onto]") ? ONTO : { onStart: () => document.body.classList.add("dragging"), onEnd: dropped };
    Sortable.create(list, { ...OPTIONS, group, ...how });
  }
}
