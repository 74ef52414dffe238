// Lines of recipients: while a name is typed, people whom it may mean are offered. Arrows choose, Enter and Tab take, Escape leaves.

import { ask, parsed } from "./asking.js";

const REST = 120;
const SHORTEST = 2;
const known = new WeakSet();
let count = 0;

class People {
  constructor(field) {
    this.field = field;
    this.list = document.createElement("ul");
    this.list.className = "suggestions";
    this.list.id = `suggestions-${(count += 1)}`;
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", field.labels?.[0]?.textContent ?? "");
    field.after(this.list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false" })) {
      field.setAttribute(name, value);
    }
    field.setAttribute("aria-controls", this.list.id);
    field.addEventListener("input", () => this.wait());
    field.addEventListener("keydown", (event) => this.press(event));
    field.addEventListener("blur", () => setTimeout(() => this.hide(), 150));
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.take(option);
    });
  }

  // What is typed between the last comma before the cursor and the cursor.
  get typed() {
    const before = this.field.value.slice(0, this.field.selectionStart ?? undefined);
    const start = Math.max(before.lastIndexOf(","), before.lastIndexOf(";")) + 1;
    return { start, text: before.slice(start).trim() };
  }

  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), REST);
  }

  async look() {
    const { text } = this.typed;
    if (text.length < SHORTEST) return this.hide();
    const answer = await ask(`${this.field.dataset.people}?q=${encodeURIComponent(text)}`);
    if (!answer.isGood || text !== this.typed.text || document.activeElement !== this.field) return null;
    const options = [...parsed(answer.html).querySelectorAll("[role=option]")];
    options.forEach((option, number) => (option.id = `${this.list.id}-${number}`));
    this.list.replaceChildren(...options);
    if (!options.length) return this.hide();
    this.list.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
    return this.choose(options[0]);
  }

  get options() {
    return [...this.list.children];
  }

  get chosen() {
    return this.list.querySelector("[aria-selected=true]");
  }

  choose(option) {
    this.chosen?.setAttribute("aria-selected", "false");
    option.setAttribute("aria-selected", "true");
    this.field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  press(event) {
    if (this.list.hidden || event.ctrlKey || event.metaKey) return;
    const at = this.options.indexOf(this.chosen);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.choose(this.options[(at + step + this.options.length) % this.options.length]);
    else if ((event.key === "Enter" || event.key === "Tab") && this.chosen) this.take(this.chosen);
    else if (event.key === "Escape") this.hide();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  take(option) {
    const { start } = this.typed;
    const end = this.field.selectionStart ?? this.field.value.length;
    const before = this.field.value.slice(0, start);
    const written = `${before}${before ? " " : ""}${person(option.dataset)}, `;
    this.field.value = written + this.field.value.slice(end).replace(/^[,;\s]+/, "");
    this.field.setSelectionRange(written.length, written.length);
    this.hide();
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
    clearTimeout(this.timer);
  }

  hide() {
    this.list.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }
}

function person({ name, address }) {
  if (!name) return address;
  const plain = /^[\p{L}\p{N}_ .'-]+$/u.test(name);
  return `${plain ? name : `"${name.replace(/(["\\])/g, "\\$1")}"`} <${address}>`;
}

export function complete(field) {
  if (known.has(field)) return;
  known.add(field);
  new People(field);
}
