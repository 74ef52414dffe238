// Lines of recipients: while a name is typed, people whom it may mean are offered.

import { Suggestions } from "../js/suggestions.js";

const SHORTEST = 2;
const known = new WeakSet();

class People extends Suggestions {
  constructor(field) {
    super(field);
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-expanded", "false");
    field.setAttribute("aria-controls", this.list.id);
    field.addEventListener("input", () => this.wait());
  }

  // Where the last comma before the cursor ends.
  get start() {
    const before = this.field.value.slice(0, this.field.selectionStart ?? undefined);
    return Math.max(before.lastIndexOf(","), before.lastIndexOf(";")) + 1;
  }

  get typed() {
    const text = this.field.value.slice(this.start, this.field.selectionStart ?? undefined).trim();
    return text.length < SHORTEST ? null : text;
  }

  get address() {
    return this.field.dataset.people;
  }

  write(option) {
    const end = this.field.selectionStart ?? this.field.value.length;
    const before = this.field.value.slice(0, this.start);
    const written = `${before}${before ? " " : ""}${person(option.dataset)}, `;
    this.field.value = written + this.field.value.slice(end).replace(/^[,;\s]+/, "");
    this.field.setSelectionRange(written.length, written.length);
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  tell(isOpen) {
    this.field.setAttribute("aria-expanded", String(isOpen));
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
