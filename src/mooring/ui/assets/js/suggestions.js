// A list below a field of what the beginning of a word may mean. Arrows choose, Enter and Tab take, Escape leaves. Who extends this
// says what is being typed (`typed`, null for nothing), where to ask (`address`), what taking an option writes (`write`), and
// how the field tells that the list is open (`tell`).

import { ask, parsed } from "../writing/asking.js";

const REST = 120;
let count = 0;

export class Suggestions {
  constructor(field) {
    this.field = field;
    this.list = document.createElement("ul");
    this.list.className = "suggestions";
    this.list.id = `suggestions-${(count += 1)}`;
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

  wait() {
    clearTimeout(this.timer);
    if (this.typed === null) this.hide();
    else this.timer = setTimeout(() => this.look(), REST);
  }

  async look() {
    const text = this.typed;
    if (text === null) return this.hide();
    const answer = await ask(`${this.address}?q=${encodeURIComponent(text)}`);
    if (!answer.isGood || text !== this.typed || document.activeElement !== this.field) return null;
    const options = [...parsed(answer.html).querySelectorAll("[role=option]")];
    options.forEach((option, number) => (option.id = `${this.list.id}-${number}`));
    this.list.replaceChildren(...options);
    if (!options.length) return this.hide();
    this.list.hidden = false;
    this.tell(true);
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
    this.write(option);
    this.hide();
  }

  hide() {
    clearTimeout(this.timer);
    this.list.hidden = true;
    this.tell(false);
    this.field.removeAttribute("aria-activedescendant");
  }
}
