// The dock at the bottom right: open drafts as tabs, one of them unfolded. It stays open from page to page.

import { ask, parsed, showToasts } from "./asking.js";
import { attend, close, isUntouched } from "./draft.js";

const OPEN_DRAFTS = "open-drafts";
const dock = document.getElementById("dock");
const tabs = dock?.querySelector("[data-dock-tabs]");
const drafts = () => [...dock.querySelectorAll(":scope > .draft")];
const urlOf = (draft) => draft.querySelector("[data-draft-form]")?.dataset.saveUrl;

export async function compose(link) {
  if (!dock) return location.assign(link.href);
  const form = new FormData();
  for (const [name, value] of new URLSearchParams(link.search)) form.append(name, value);
  const answer = await ask(link.pathname, { form });
  if (answer.isGood) add(answer.html);
}

export async function restore() {
  if (!dock) return;
  const kept = remembered();
  for (const url of kept.urls) {
    const answer = await ask(url);
    const draft = answer.isGood && parsed(answer.html).querySelector("[data-draft]");
    if (draft && !document.getElementById(draft.id)) add(answer.html, { isFocused: false });
  }
  if (kept.isFolded) fold(true);
  remember();
}

function add(html, { isFocused = true } = {}) {
  const content = parsed(html);
  const draft = content.querySelector(".draft");
  showToasts(content);
  if (!draft) return;
  dock.append(draft);
  window.htmx.process(draft);
  draft.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: draft } }));
  if (draft.hasAttribute("data-draft")) attend(draft);
  choose(draft);
  if (isFocused) focusIn(draft);
}

function focusIn(draft) {
  const to = draft.querySelector("[name=to]");
  if (to && !to.value) to.focus();
  else draft.dispatchEvent(new CustomEvent("draft:write"));
}

function choose(draft) {
  fold(false);
  for (const each of drafts()) each.hidden = each !== draft;
  draw();
}

function fold(isFolded) {
  dock.toggleAttribute("data-folded", isFolded);
  draw();
}

// Tabs name the drafts while there are several, or while they are folded away.
function draw() {
  const all = drafts();
  dock.hidden = all.length === 0;
  document.body.toggleAttribute("data-dock", all.length > 0 && !dock.hasAttribute("data-folded"));
  const isFolded = dock.hasAttribute("data-folded");
  tabs.hidden = all.length < 2 && !isFolded;
  tabs.replaceChildren(...all.map((draft) => tab(draft, isFolded)));
  remember();
}

function tab(draft, isFolded) {
  const button = document.createElement("button");
  const title = draft.querySelector("[data-draft-title]");
  button.type = "button";
  button.className = "dock-tab";
  button.textContent = title ? title.textContent : dock.dataset.untitled;
  button.setAttribute("aria-pressed", String(!draft.hidden && !isFolded));
  button.addEventListener("click", () => {
    choose(draft);
    focusIn(draft);
  });
  return button;
}

function remembered() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(OPEN_DRAFTS) ?? "null");
    return { urls: Array.isArray(kept?.urls) ? kept.urls : [], isFolded: kept?.isFolded === true };
  } catch {
    return { urls: [], isFolded: false };
  }
}

function remember() {
  const urls = drafts().map(urlOf).filter(Boolean);
  try {
    if (urls.length) sessionStorage.setItem(OPEN_DRAFTS, JSON.stringify({ urls, isFolded: dock.hasAttribute("data-folded") }));
    else sessionStorage.removeItem(OPEN_DRAFTS);
  } catch {
    // Storage may be forbidden; the drafts are then found in the list of drafts.
  }
}

if (dock) {
  dock.addEventListener("click", async (event) => {
    const draft = event.target.closest(".draft");
    if (event.target.closest("[data-draft-minimise]")) fold(true);
    else if (event.target.closest("[data-draft-close]")) {
      if (draft.hasAttribute("data-draft")) await close(draft, { discards: isUntouched(draft) });
      draft.remove();
    }
  });
  dock.addEventListener("input", (event) => {
    if (event.target.name === "subject") draw();
  });
  // A draft that was sent, discarded or closed leaves; the next one is shown.
  new MutationObserver((changes) => {
    if (!changes.some((change) => [...change.removedNodes, ...change.addedNodes].some((node) => node.classList?.contains("draft")))) return;
    const all = drafts();
    if (all.length && all.every((draft) => draft.hidden)) choose(all[all.length - 1]);
    else draw();
  }).observe(dock, { childList: true });
}
