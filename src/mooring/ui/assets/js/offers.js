// Words that are offered while one types: colleagues behind an @ in notes (data-mentions), tags between commas (data-tags). Without a
// script the word is typed in full.

import { Suggestions } from "./suggestions.js";

// What of the text before the cursor is being typed, and what is written behind the word that is taken.
const KINDS = {
  mentions: { typed: /(?:^|[\s(])@([\p{L}\p{N}_.'-][\p{L}\p{N}_.' -]{0,40})?$/u, behind: " " },
  tags: { typed: /(?:^|[,;])\s*([^,;\s][^,;]{0,40})$/u, behind: ", " },
};
const fields = new WeakMap();

class Offers extends Suggestions {
  constructor(field, kind) {
    super(field);
    this.kind = kind;
  }

  get typed() {
    const found = KINDS[this.kind].typed.exec(this.field.value.slice(0, this.field.selectionStart));
    return found ? (found[1] ?? "") : null;
  }

  get address() {
    return this.field.dataset[this.kind];
  }

  write(option) {
    const end = this.field.selectionStart;
    const written = option.dataset.written + KINDS[this.kind].behind;
    this.field.setRangeText(written, end - this.typed.length, end, "end");
    this.field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // A field of several lines is no combobox; it names the list only while that is open.
  tell(isOpen) {
    if (isOpen) this.field.setAttribute("aria-controls", this.list.id);
    else this.field.removeAttribute("aria-controls");
  }
}

document.addEventListener("input", (event) => {
  const field = event.target;
  const kind = Object.keys(KINDS).find((name) => field.dataset?.[name]);
  if (!kind) return;
  if (!fields.has(field)) fields.set(field, new Offers(field, kind));
  fields.get(field).wait();
});
