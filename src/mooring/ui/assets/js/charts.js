// Fetches the drawing of charts where there is one, and prints.

const begin = (root) => import(document.body.dataset.scriptCharts).then((charts) => charts.begin(root));
const isNeeded = (root) => root.matches?.("[data-chart]") || root.querySelector?.("[data-chart]");

document.addEventListener("htmx:load", (event) => {
  if (isNeeded(event.target)) begin(event.target.parentElement ?? document);
});

if (isNeeded(document)) begin(document);

document.addEventListener("click", (event) => event.target.closest("[data-print]") && print());
