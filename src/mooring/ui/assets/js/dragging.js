// Fetches drag and drop where there is something to drag.

const begin = (root) => import(document.body.dataset.scriptDragging).then((dragging) => dragging.begin(root));
const isNeeded = (root) => root.matches?.("[data-drop]") || root.querySelector?.("[data-drop]");

document.addEventListener("htmx:load", (event) => {
  if (isNeeded(event.target)) begin(event.target.parentElement ?? document);
});

if (isNeeded(document)) begin(document);
