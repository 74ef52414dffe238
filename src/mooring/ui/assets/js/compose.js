// Letters are written with scripts of their own, fetched only where something is written: a draft on the page or remembered
// in the dock, or a click on data-compose. Without them every such link is a page.

import { hasModifier, isTyping } from "./typing.js";

export const OPEN_DRAFTS = "open-drafts";
const FIELDS = "[data-draft], [data-people], [data-rich-text]";
const narrow = () => matchMedia("(max-width: 767.98px)").matches;
const load = () => import(document.body.dataset.scriptWriting);

function remembered() {
  try {
    return sessionStorage.getItem(OPEN_DRAFTS) !== null;
  } catch {
    return false;
  }
}

// On the phone the draft is a page of its own.
function go(link) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = link.pathname;
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  for (const [name, value] of [...new URLSearchParams(link.search), ["csrfmiddlewaretoken", token]]) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(form);
  form.submit();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-compose]");
  if (!link || hasModifier(event) || event.shiftKey || event.defaultPrevented) return;
  event.preventDefault();
  if (narrow()) return go(link);
  coming += 1;
  return load().then((writing) => writing.compose(link)).finally(() => (coming -= 1));
});

// What is typed while the letter is still coming must not press the keys of the page.
let coming = 0;
document.addEventListener("keydown", (event) => {
  if (!coming || hasModifier(event) || isTyping(event) || event.key.length !== 1) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

document.addEventListener("htmx:load", (event) => {
  if (event.target.matches?.(FIELDS) || event.target.querySelector?.(FIELDS)) load().then((writing) => writing.begin(event.target));
});

if (document.querySelector(FIELDS) || (remembered() && !narrow())) load().then((writing) => writing.begin(document));
