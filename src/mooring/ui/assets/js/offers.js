// Words that are offered while one types: colleagues behind an @ in notes (data-mentions), tags between commas (data-tags). Arrows
// choose, Enter and Tab take, Escape leaves. Without a script the word is typed in full.

import { ask, parsed } from "../writing/asking.js";

const REST = 120;
// What of the text before the cursor is being typed, and what is written behind the word that is taken.
const KINDS = {
  mentions: { typed: /(?:^|[\s(])@([\p{L}\p{N}_.'-][\p{L}\p{N}_.' -]{0,40})?$/u, behind: " " },
  tags: { typed: /(?:^|[,;])\s*([^,;\s][^,;]{0,40})$/u, behind: ", " },
};
const fields = new WeakMap();
let count = 0;

class Offers {
  constructor(field, kind) {
    this.field = field;
    this.kind = kind;
    this.list = document.createElement("ul");
    this.list.className = "suggestions";
    this.list.id = `offers-${(count += 1)}`;
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", field.labels?.[0]?.textContent ?? "");
    field.after(this.list);
    field.setAttribute("aria-autocomplete", "list");
    field.addEventListener("keydown", (event) => this.press(event));
    field.addEventListener("blur", () => setTimeout(() => this.hide(), 150));
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.take(option);
    });
  }

  // Null where no such word is being typed.
  get typed() {
    const found = KINDS[this.kind].typed.exec(this.field.value.slice(0, this.field.selectionStart));
    return found ? (found[1] ?? "") : null;
  }

  wait() {
    clearTimeout(this.timer);
    if (this.typed === null) this.hide();
    else this.timer = setTimeout(() => this.look(), REST);
  }

  async look() {
    const text = this.typed;
    if (text === null) return this.hide();
    const answer = await ask(`${this.field.dataset[this.kind]}?q=${encodeURIComponent(text)}`);
    if (!answer.isGood || text !== this.typed || document.activeElement !== this.field) return null;
    const options = [...parsed(answer.html).querySelectorAll("[role=option]")];
    options.forEach((option, number) => (option.id = `${this.list.id}-${number}`));
    this.list.replaceChildren(...options);
    if (!options.length) return this.hide();
    this.list.hidden = false;
    this.field.setAttribute("aria-controls", this.list.id);
    return this.choose(options[0]);
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
    const options = [...this.list.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.choose(options[(options.indexOf(this.chosen) + step + options.length) % options.length]);
    else if (["Enter", "Tab"].includes(event.key) && this.chosen) this.take(this.chosen);
    else if (event.key === "Escape") this.hide();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  take(option) {
    const end = this.field.selectionStart;
    const written = option.dataset.written + KINDS[this.kind].behind;
    this.field.setRangeText(written, end - this.typed.length, end, "end");
    this.hide();
    this.field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  hide() {
    clearTimeout(this.timer);
    this.list.hidden = true;
    this.field.removeAttribute("aria-activedescendant");
    this.field.removeAttribute("aria-controls");
  }
}

document.addEventListener("input", (event) => {
  const field = event.target;
  const kind = Object.keys(KINDS).find((name) => field.dataset?.[name]);
  if (!kind) return;
  if (!fields.has(field)) fields.set(field, new Offers(field, kind));
  fields.get(field).wait();
});
