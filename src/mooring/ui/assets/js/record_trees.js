// Trees of records: sales mailboxes, groups of staff. Without a script they are nested lists of links. Here they become trees as ARIA has
// them: one stop for Tab, arrows walk and fold, digits jump, Enter opens, right click or the menu key shows what can be done; Alt with left
// or right moves a record below the one before it or out of the one above it, Alt with up or down among those beside it where they have an
// order, and so does dragging. The server says whether it may; it answers with the tree.

const trees = () => document.querySelectorAll("[data-record-tree]");
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

const formOf = (item) => document.getElementById(item.closest("[data-record-tree]").dataset.place);
const hasOrder = (item) => Boolean(formOf(item)?.elements.before);

function move(item, parent, before = null) {
  const form = formOf(item);
  if (!form || item.dataset.fixed !== undefined) return;
  form.action = form.dataset.url.replace("/0/", `/${item.dataset.record}/`);
  form.elements.parent.value = parent ? parent.dataset.record : "";
  if (hasOrder(item)) form.elements.before.value = before ? before.dataset.record : "";
  form.requestSubmit();
}

function showMenu(item) {
  const menu = document.getElementById(item.closest("[data-record-tree]").dataset.menu);
  for (const entry of menu.querySelectorAll("[data-url]")) entry.href = entry.dataset.url.replace("/0/", `/${item.dataset.record}/`).replace("=0", `=${item.dataset.record}`);
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
  ArrowLeft: (item) => above(item) && move(item, above(above(item)), above(item).nextElementSibling),
  ArrowUp: (item) => hasOrder(item) && item.previousElementSibling && move(item, above(item), item.previousElementSibling),
  ArrowDown: (item) => hasOrder(item) && item.nextElementSibling && move(item, above(item), item.nextElementSibling.nextElementSibling),
};

document.addEventListener("keydown", (event) => {
  const item = event.target.closest?.("[data-record-tree] li");
  if (!item || event.target !== item || event.ctrlKey || event.metaKey) return;
  const tree = item.closest("[data-record-tree]");
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
  const item = event.target.closest("[data-record-tree] li");
  if (!item) return;
  event.preventDefault();
  showMenu(item);
});

document.addEventListener("click", (event) => {
  const item = event.target.closest("[data-record-tree] li");
  const more = event.target.closest("[data-record-tree] .more");
  const twist = event.target.closest("[data-record-tree] .twist");
  if (more) {
    event.preventDefault();
    event.stopPropagation();
    showMenu(item);
  } else if (twist) item.setAttribute("aria-expanded", twist.getAttribute("aria-expanded"));
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("[data-tree-menu]");
  if (menu && event.key === "Escape") menu.closest("li").focus();
});

document.addEventListener("dropped", (event) => {
  if (!event.target.closest("[data-record-tree]")) return;
  const { onto, to, before } = event.detail;
  if (to) move(event.target, to.closest("li"), before);
  else move(event.target, onto);
});

for (const tree of trees()) begin(tree);
