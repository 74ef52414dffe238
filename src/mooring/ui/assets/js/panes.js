// The bars between panes: drag, or focus one and use the arrow keys; widths are remembered in this browser.

import { dialogIsOpen, hasModifier, isTyping } from "./typing.js";

const LIMITS = { first: [160, 360], second: [260, 640] };
const key = (bar) => `pane-${bar.dataset.resizes}`;

function set(bar, width) {
  const [least, most] = LIMITS[bar.dataset.resizes];
  const kept = Math.round(Math.max(least, Math.min(most, width)));
  bar.closest(".panes").style.setProperty(`--${bar.dataset.resizes}`, `${kept}px`);
  bar.setAttribute("aria-valuenow", String(kept));
  return kept;
}

const widthOf = (bar) => bar.previousElementSibling.getBoundingClientRect().width;

function keep(bar, width) {
  try {
    localStorage.setItem(key(bar), String(set(bar, width)));
  } catch {
    // Storage may be forbidden; the width then lasts as long as the page.
  }
}

document.addEventListener("keydown", (event) => {
  const bar = event.target.closest?.(".pane-bar");
  const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
  if (!bar || !step) return;
  keep(bar, widthOf(bar) + step);
  event.preventDefault();
});

document.addEventListener("pointerdown", (event) => {
  const bar = event.target.closest?.(".pane-bar");
  if (!bar) return;
  event.preventDefault();
  const offset = widthOf(bar) - event.clientX;
  bar.setPointerCapture(event.pointerId);
  bar.classList.add("dragged");
  const drag = (moved) => set(bar, moved.clientX + offset);
  bar.addEventListener("pointermove", drag);
  bar.addEventListener("lostpointercapture", () => {
    bar.removeEventListener("pointermove", drag);
    bar.classList.remove("dragged");
    keep(bar, widthOf(bar));
  }, { once: true });
});

function restoreWidths() {
  for (const bar of document.querySelectorAll(".pane-bar")) {
    const kept = Number(localStorage.getItem(key(bar)));
    if (kept) set(bar, kept);
  }
}

// Another letter is opened: lists stay where they were scrolled to, and the focus on the line that was chosen.
let place = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target.id !== "panes") return;
  place = {
    scrolled: [".folders", ".letters-pane"].map((pane) => event.target.querySelector(pane)?.scrollTop ?? 0),
    href: document.activeElement?.closest(".letter-row")?.getAttribute("href"),
  };
});

document.addEventListener("htmx:afterSettle", (event) => {
  const panes = document.getElementById("panes");
  if (!place || !panes || event.target.id !== "panes") return;
  restoreWidths();
  [".folders", ".letters-pane"].forEach((pane, number) => {
    const found = panes.querySelector(pane);
    if (found) found.scrollTop = place.scrolled[number];
  });
  if (place.href) panes.querySelector(`.letter-row[href="${CSS.escape(place.href)}"]`)?.focus({ preventScroll: true });
  place = null;
});

restoreWidths();

// An opened letter says that it was read: its line, and the letter itself, are told at once.
document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.target.matches?.("[data-marks-read]") || !event.detail.successful) return;
  const read = document.querySelector(".letter-row[aria-current].unread");
  read?.querySelector(".dot")?.replaceChildren();
  read?.classList.remove("unread");
  document.body.dispatchEvent(new Event("letters-read"));
});

// After a deed the page comes anew: its list stands where it stood.
const kept = () => `scrolled ${location.pathname}`;

window.addEventListener("pagehide", () => {
  const list = document.querySelector(".letters-pane");
  if (list) sessionStorage.setItem(kept(), String(list.scrollTop));
});

function restorePlace() {
  const list = document.querySelector(".letters-pane");
  if (list) list.scrollTop = Number(sessionStorage.getItem(kept()) ?? 0);
}

// Keys of an opened letter act on the line that has the focus where no letter is open and nothing is ticked.
document.addEventListener("keydown", (event) => {
  if (hasModifier(event) || isTyping(event) || dialogIsOpen()) return;
  const row = document.activeElement?.closest(".letter-line");
  const list = row?.closest("[data-list]");
  if (!list || list.querySelector(".tick:checked") || document.querySelector(".letter-tools")) return;
  const button = list.querySelector(`.bulk [data-key="${CSS.escape(event.key)}"]`);
  if (!button) return;
  event.preventDefault();
  row.querySelector(".tick").checked = true;
  list.requestSubmit(button);
}, true);

restorePlace();
