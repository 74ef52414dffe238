// Trees of check boxes: up and down walk, right and left fold, a branch's box can tick what lies below it.

function seen(tree) {
  return [...tree.querySelectorAll(".node")].filter((node) => node.checkVisibility?.() ?? true);
}

const focusIn = (node) => (node?.querySelector("input, a, [tabindex]") ?? node?.querySelector(".twist"))?.focus();

function fold(item, open) {
  const twist = item.querySelector(":scope > .node > .twist");
  const below = item.querySelector(":scope > ul");
  if (!twist || !below) return false;
  const was = twist.getAttribute("aria-expanded") === "true";
  twist.setAttribute("aria-expanded", String(open));
  below.hidden = !open;
  return was !== open;
}

document.addEventListener("click", (event) => {
  const twist = event.target.closest(".tree .twist");
  if (twist) fold(twist.closest("li"), twist.getAttribute("aria-expanded") !== "true");
});

document.addEventListener("keydown", (event) => {
  const tree = event.target.closest?.("[data-tree]");
  if (!tree || !event.key.startsWith("Arrow")) return;
  const node = event.target.closest(".node");
  const item = node.closest("li");
  const nodes = seen(tree);
  const at = nodes.indexOf(node);
  if (event.key === "ArrowDown") focusIn(nodes[at + 1]);
  else if (event.key === "ArrowUp") focusIn(nodes[at - 1]);
  else if (event.key === "ArrowRight") fold(item, true) || focusIn(item.querySelector(":scope > ul > li > .node"));
  else if (!fold(item, false)) focusIn(item.parentElement.closest("li")?.querySelector(":scope > .node"));
  event.preventDefault();
});
