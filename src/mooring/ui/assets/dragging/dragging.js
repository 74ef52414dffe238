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

export function begin(root) {
  for (const list of root.querySelectorAll("[data-drop]")) {
    if (Sortable.get(list)) continue;
    const group = list.closest("[data-drop-group]")?.dataset.dropGroup ?? list.dataset.drop;
    Sortable.create(list, { ...OPTIONS, group, onStart: () => document.body.classList.add("dragging"), onEnd: dropped });
  }
}
