// Keys. data-key="e" on a link or button makes the key press it, data-go="c" answers to g then c, ? shows them all.

import { dialogIsOpen, hasModifier, isTyping } from "./typing.js";

let going = 0;

const visible = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;

function press(selector) {
  const found = [...document.querySelectorAll(selector)];
  const element = found.find(visible) ?? found.find((each) => !each.closest(".bulk"));
  if (!element) return false;
  element.click();
  return true;
}

function answer(event) {
  if (event.key === "?") return showKeys();
  if (going && Date.now() - going < 1500) {
    going = 0;
    return press(`[data-go="${CSS.escape(event.key)}"]`);
  }
  if (event.key === "g") {
    going = Date.now();
    return true;
  }
  return press(`[data-key="${CSS.escape(event.key)}"]`);
}

function showKeys() {
  const dialog = document.getElementById("keys");
  if (!dialog) return false;
  const list = dialog.querySelector("[data-keys-of-page]");
  list.replaceChildren();
  const seen = new Set();
  for (const element of document.querySelectorAll("[data-key]")) {
    const label = labelOf(element);
    if (seen.has(element.dataset.key) || !label) continue;
    seen.add(element.dataset.key);
    list.append(line(label, element.dataset.key));
  }
  dialog.showModal();
  return true;
}

function labelOf(element) {
  const named = element.dataset.keyLabel || element.getAttribute("aria-label");
  if (named) return named;
  const words = [...element.childNodes].filter((node) => node.nodeName !== "KBD").map((node) => node.textContent);
  return words.join("").trim();
}

function line(label, key) {
  const row = document.createElement("div");
  const [what, keys, cap] = ["dt", "dd", "kbd"].map((name) => document.createElement(name));
  what.textContent = label;
  cap.textContent = key;
  keys.append(cap);
  row.append(what, keys);
  return row;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || hasModifier(event) || isTyping(event) || dialogIsOpen()) return;
  if (answer(event)) event.preventDefault();
});
