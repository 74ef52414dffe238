// The tree of sales mailboxes. Without a script it is a nested list of links. Here it becomes a tree as ARIA has it: one stop for Tab,
// arrows walk and fold, letters jump, Enter opens, right click or the menu key shows what can be done; Alt with an arrow moves a box
// below the one before it or out of the one above it, and so does dragging. The server says whether it may; it answers with the tree.

const trees = () => document.querySelectorAll("[data-boxes]");
const itemsOf = (tree) => [...tree.querySelectorAll("li")].filter((item) => item.checkVisibility?.() ?? true);
const above = (item) => item?.parentElement.closest("li") ?? null;
const nameOf = (item) => item.querySelector(":scope > .node > a");

function begin(tree) {
  tree.setAttribute("role", "tree");
  for (const list of tree.querySelectorAll("ul ul")) list.setAttribute("role", "group");
  for (const item of tree.querySelectorAll("li")) {
    item.setAttribute("role", "treeitem");
    item.setAttribute("aria-label", nameOf(item).textContent);
    item.tabIndex = -1;
    if (item.querySelector(":scope > ul > li")) item.setAttribute("aria-expanded", "true");
    for (const part of item.querySelectorAll(":scope > .node a, :scope > .node button")) part.tabIndex = -1;
  }
  const first = tree.querySelector(`li${location.hash || "#none"}`) ?? tree.querySelector("li");
  if (first) first.tabIndex = 0;
  if (location.hash && first) first.focus();
}

function go(tree, item) {
  if (!item) return;
  for (const other of tree.querySelectorAll('li[tabindex="0"]')) other.tabIndex = -1;
  item.tabIndex = 0;
  item.focus();
}

function fold(item, open) {
  if (item.getAttribute("aria-expanded") !== String(!open)) return false;
  item.setAttribute("aria-expanded", String(open));
  item.querySelector(":scope > .node > .twist").setAttribute("aria-expanded", String(open));
  item.querySelector(":scope > ul").hidden = !open;
  return true;
}

function move(item, parent) {
  const form = document.getElementById("place-box");
  if (!form || item.dataset.fixed !== undefined) return;
  form.action = form.dataset.url.replace("/0/", `/${item.dataset.box}/`);
  form.elements.parent.value = parent ? parent.dataset.box : "";
  form.requestSubmit();
}

function showMenu(item) {
  const menu = document.getElementById("box-menu");
  for (const entry of menu.querySelectorAll("[data-url]")) entry.href = entry.dataset.url.replace("/0/", `/${item.dataset.box}/`).replace("=0", `=${item.dataset.box}`);
  for (const entry of menu.querySelectorAll("[data-changes]")) entry.hidden = item.dataset.fixed !== undefined;
  menu.querySelector("summary").setAttribute("aria-label", item.getAttribute("aria-label"));
  item.querySelector(":scope > .node").append(menu);
  menu.hidden = false;
  menu.open = true;
  menu.querySelector(".item:not([hidden])").focus();
}

const KEYS = {
  ArrowDown: (tree, item, items, at) => go(tree, items[at + 1]),
  ArrowUp: (tree, item, items, at) => go(tree, items[at - 1]),
  ArrowRight: (tree, item) => fold(item, true) || go(tree, item.querySelector(":scope > ul > li")),
  ArrowLeft: (tree, item) => fold(item, false) || go(tree, above(item)),
  Home: (tree, item, items) => go(tree, items[0]),
  End: (tree, item, items) => go(tree, items.at(-1)),
  Enter: (tree, item) => nameOf(item).click(),
  ContextMenu: (tree, item) => showMenu(item),
};
const MOVES = {
  ArrowRight: (item) => item.previousElementSibling && move(item, item.previousElementSibling),
  ArrowLeft: (item) => above(item) && move(item, above(above(item))),
};

document.addEventListener("keydown", (event) => {
  const item = event.target.closest?.("[data-boxes] li");
  if (!item || event.target !== item || event.ctrlKey || event.metaKey) return;
  const tree = item.closest("[data-boxes]");
  const items = itemsOf(tree);
  const key = event.key === "F10" && event.shiftKey ? "ContextMenu" : event.key;
  if (event.altKey && MOVES[key]) MOVES[key](item);
  else if (KEYS[key]) KEYS[key](tree, item, items, items.indexOf(item));
  else if (/^\d$/.test(key)) {
    const rest = [...items.slice(items.indexOf(item) + 1), ...items];
    go(tree, rest.find((each) => each.getAttribute("aria-label").startsWith(key)));
  } else return;
  event.preventDefault();
});

document.addEventListener("contextmenu", (event) => {
  const item = event.target.closest("[data-boxes] li");
  if (!item) return;
  event.preventDefault();
  showMenu(item);
});

document.addEventListener("click", (event) => {
  const item = event.target.closest("[data-boxes] li");
  const more = event.target.closest("[data-boxes] .more");
  const twist = event.target.closest("[data-boxes] .twist");
  if (more) {
    event.preventDefault();
    event.stopPropagation();
    showMenu(item);
  } else if (twist) item.setAttribute("aria-expanded", twist.getAttribute("aria-expanded"));
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("#box-menu");
  if (menu && event.key === "Escape") menu.closest("li").focus();
});

document.addEventListener("dropped", (event) => {
  if (event.target.closest("[data-boxes]")) move(event.target, event.detail.onto);
});

for (const tree of trees()) begin(tree);
