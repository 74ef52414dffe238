// Whether a key belongs to what someone is writing, and not to the page.

const FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

export const isTyping = (event) => event.target.closest?.(FIELDS) != null;
export const hasModifier = (event) => event.ctrlKey || event.metaKey || event.altKey;
export const dialogIsOpen = () => document.querySelector("dialog[open]") !== null;
