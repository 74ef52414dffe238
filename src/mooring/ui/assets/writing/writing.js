// Writing letters: what app.js fetches when there is something to write. Finds drafts and fields in whatever part of a page arrives.

import { compose, restore } from "./dock.js";
import { attend } from "./draft.js";
import { complete } from "./people.js";
import { enrich } from "./rich.js";

const within = (part, selector) => [...(part.matches?.(selector) ? [part] : []), ...part.querySelectorAll(selector)];

export function begin(part) {
  for (const field of within(part, "[data-people]")) complete(field);
  for (const draft of within(part, "[data-draft]")) attend(draft);
  for (const area of within(part, "textarea[data-rich-text]")) enrich(area);
  if (part === document) restore();
}

export { compose };
