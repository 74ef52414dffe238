// Lists: j and k move, x ticks (Enter is the focused link's own), Shift ticks a stretch, the bar says how many.

import { dialogIsOpen, hasModifier, isTyping } from "./typing.js";

const LINK = "[data-row] [data-row-link], a[data-row]";
let last = null;

const rows = () => [...document.querySelectorAll(LINK)].filter((link) => link.checkVisibility?.() ?? true);

function move(step) {
  const all = rows();
  if (!all.length) return;
  const row = document.activeElement?.closest("[data-row]");
  const at = all.findIndex((link) => row && (row === link || row.contains(link)));
  const next = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + step))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (hasModifier(event) || isTyping(event) || dialogIsOpen()) return;
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "x") document.activeElement?.closest("[data-row]")?.querySelector(".tick")?.click();
  else return;
  event.preventDefault();
});

function ticksOf(list) {
  return [...list.querySelectorAll("[data-row] .tick")];
}

function count(list) {
  const ticks = ticksOf(list);
  const ticked = ticks.filter((tick) => tick.checked).length;
  const said = list.querySelector("[data-said]");
  if (said) said.textContent = (ticked === 1 ? said.dataset.one : said.dataset.many).replace("%s", ticked);
  const all = list.querySelector("[data-tick-all]");
  if (!all) return;
  all.checked = ticked > 0 && ticked === ticks.length;
  all.indeterminate = ticked > 0 && ticked < ticks.length;
}

document.addEventListener("click", (event) => {
  const tick = event.target.closest("[data-row] .tick");
  const list = event.target.closest("[data-list]");
  if (!tick || !list) return;
  const ticks = ticksOf(list);
  if (event.shiftKey && last && ticks.includes(last)) {
    const [from, to] = [ticks.indexOf(last), ticks.indexOf(tick)].sort((a, b) => a - b);
    for (const between of ticks.slice(from, to + 1)) between.checked = tick.checked;
  }
  last = tick;
});

document.addEventListener("change", (event) => {
  const list = event.target.closest("[data-list]");
  if (!list) return;
  if (event.target.matches("[data-tick-all]")) for (const tick of ticksOf(list)) tick.checked = event.target.checked;
  count(list);
});

document.addEventListener("click", (event) => {
  const none = event.target.closest("[data-tick-none]");
  if (!none) return;
  const list = none.closest("[data-list]");
  for (const tick of ticksOf(list)) tick.checked = false;
  count(list);
});

// Who walks through a closed list with the arrows has not chosen yet: Enter, or the form's button, sends it (WCAG 3.2.2).
let walked = null;

document.addEventListener("pointerdown", () => { walked = null; });

document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("select[data-submits]")) return;
  if (event.key === "Enter" && walked === event.target) event.target.form?.requestSubmit();
  const opens = event.altKey || event.key === " " || event.key === "Enter";
  walked = opens ? null : event.target;
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]") && event.target !== walked) event.target.form?.requestSubmit();
});

for (const list of document.querySelectorAll("[data-list]")) count(list);
