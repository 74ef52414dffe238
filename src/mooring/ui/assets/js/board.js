// A board: cards are dragged between columns, or moved with Alt and the arrows while one has the focus. The card goes at once; the
// server answers with the heads of the columns, or with the page where it asks why. What it refuses brings the board back as it was.

const board = () => document.querySelector("[data-board]");
const columns = () => [...document.querySelectorAll("[data-board] [data-column]")];
const cardsOf = (column) => [...column.querySelectorAll(":scope > [data-sale]")];
const stageOf = (column) => column.closest("[data-stage]");

function tell(card) {
  const column = card.closest("[data-column]");
  const url = board().dataset.moveUrl.replace("/0/", `/${card.dataset.sale}/`) + location.search;
  const before = card.nextElementSibling?.dataset.sale ?? "";
  const said = document.getElementById("board-said");
  said.textContent = board().dataset.textMoved.replace("%s", stageOf(column).querySelector("h2").firstChild.textContent.trim());
  const values = { stage: stageOf(column).dataset.stage, before };
  htmx.ajax("POST", url, { source: board(), target: "#board-said", swap: "none", values }).catch(() => location.reload());
}

function put(card, column, before) {
  column.querySelector(":scope > .none")?.remove();
  column.insertBefore(card, before ?? column.querySelector(":scope > .more"));
  const link = card.querySelector("a");
  link.focus();
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
  tell(card);
}

const STEPS = {
  ArrowLeft: (card, column, all) => beside(card, all[all.indexOf(column) - 1]),
  ArrowRight: (card, column, all) => beside(card, all[all.indexOf(column) + 1]),
  ArrowUp: (card, column) => card.previousElementSibling?.dataset.sale && put(card, column, card.previousElementSibling),
  ArrowDown: (card, column) => card.nextElementSibling?.dataset.sale && put(card, column, card.nextElementSibling.nextElementSibling),
};

function beside(card, column) {
  if (column) put(card, column, cardsOf(column)[0]);
}

document.addEventListener("keydown", (event) => {
  const card = event.target.closest?.("[data-board] [data-sale]");
  if (!card || !event.altKey || event.ctrlKey || event.metaKey || !STEPS[event.key]) return;
  event.preventDefault();
  STEPS[event.key](card, card.closest("[data-column]"), columns());
});

document.addEventListener("dropped", (event) => {
  const card = event.target.closest("[data-board] [data-sale]");
  if (!card) return;
  card.closest("[data-column]").querySelector(":scope > .none")?.remove();
  tell(card);
});

document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.elt?.matches?.("[data-board]")) location.reload();
});
