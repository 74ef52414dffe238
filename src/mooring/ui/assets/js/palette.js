// The search field as a command palette: Ctrl-K or / goes there, arrows choose, Enter opens. Results come from the server.

import { dialogIsOpen, isTyping } from "./typing.js";

const field = document.querySelector("[data-palette]");
const results = document.getElementById("palette");

const options = () => [...results.querySelectorAll("[role=option]")];
const chosen = () => results.querySelector("[aria-selected=true]");

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  if (!option) return field.removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", "true");
  field.setAttribute("aria-activedescendant", option.id);
  return option.scrollIntoView({ block: "nearest" });
}

function show(open) {
  results.hidden = !open || !results.firstElementChild;
  field.setAttribute("aria-expanded", String(!results.hidden));
  if (results.hidden) choose(null);
}

function walk(step) {
  const all = options();
  if (!all.length) return;
  show(true);
  const at = all.indexOf(chosen());
  choose(all[(at + step + all.length + (at < 0 && step < 0 ? 1 : 0)) % all.length]);
}

function onKey(event) {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    walk(event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
  } else if (event.key === "Enter" && !results.hidden && chosen()) {
    event.preventDefault();
    chosen().click();
  } else if (event.key === "Escape") {
    show(false);
    field.blur();
  }
}

if (field && results) {
  field.addEventListener("keydown", onKey);
  field.addEventListener("focus", () => show(true));
  results.addEventListener("htmx:afterSwap", () => {
    if (document.activeElement !== field) return;
    show(true);
    choose(field.value ? options()[0] : null);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".search")) show(false);
  });
  document.addEventListener("keydown", (event) => {
    const asked = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
    if (!asked && (event.key !== "/" || isTyping(event) || dialogIsOpen())) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}
