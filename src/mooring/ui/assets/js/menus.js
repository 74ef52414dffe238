// Fold-out menus (details.menu): one open at a time, Escape and a click elsewhere close, arrows walk.

const open = () => document.querySelectorAll("details.menu[open]");

function close(menu, { focus }) {
  menu.open = false;
  if (focus) menu.querySelector("summary").focus();
}

document.addEventListener("click", (event) => {
  for (const menu of open()) {
    const chosen = event.target.closest(".item") && menu.contains(event.target) && !event.target.closest("label");
    if (!menu.contains(event.target) || chosen) close(menu, { focus: false });
  }
});

// What asks anew by itself waits while one of its menus is unfolded: nothing is taken from under the pointer.
document.addEventListener("htmx:beforeRequest", (event) => {
  const asks = event.detail.elt;
  if (asks.matches("[hx-trigger*=every]") && asks.querySelector("details[open]")) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu");
  if (event.key === "Escape" && open().length) {
    for (const each of open()) close(each, { focus: each.contains(event.target) });
    event.preventDefault();
    return;
  }
  if (!menu || !["ArrowDown", "ArrowUp"].includes(event.key) || event.target.matches("input, select, textarea")) return;
  event.preventDefault();
  menu.open = true;
  const items = [...menu.querySelectorAll(".menu-panel .item, .menu-panel .entry")];
  const at = items.indexOf(event.target);
  const step = event.key === "ArrowDown" ? 1 : -1;
  items[at < 0 && step < 0 ? items.length - 1 : (at + step + items.length) % items.length]?.focus();
});
