// One draft: saved by itself a moment after the last key and when the page is left, its files, its signature, its keys.

import { ask, parsed, put } from "./asking.js";
import { attendFiles, upload } from "./files.js";
import { edit } from "./rich.js";

const REST = 1500;
const AT_LEAST_EVERY = 6000;
const known = new WeakMap();

class Draft {
  constructor(section) {
    this.section = section;
    this.form = section.querySelector("[data-draft-form]");
    this.isDirty = this.isTouched = this.isOver = false;
    this.saving = Promise.resolve();
    this.timer = 0;
    this.dirtySince = 0;
    this.account = this.field("account")?.value;
    this.listen();
    if (this.form.hasAttribute("data-rich")) this.enrich();
    attendFiles(section, this);
    section.querySelector("[data-cautions]")?.focus();
  }

  field(name) {
    return this.form.elements.namedItem(name);
  }

  async enrich() {
    const area = this.field("body");
    this.editor = await edit(area, {
      tools: this.section.querySelector("[data-tools]"),
      onPicture: (file) => upload(this, [file], { isPicture: true }),
    });
    if (this.wantsFocus) this.editor.focus();
  }

  listen() {
    this.form.addEventListener("input", (event) => this.changed(event));
    this.form.addEventListener("change", (event) => this.changed(event));
    this.section.addEventListener("draft:write", () => this.write());
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.form.requestSubmit(this.form.querySelector("[data-send]"));
      }
    });
    this.section.addEventListener("htmx:confirm", (event) => this.beforeRequest(event));
    this.form.querySelector("[data-draft-discard]")?.addEventListener("click", () => this.stop());
  }

  write() {
    this.wantsFocus = true;
    if (this.editor) this.editor.focus();
    else if (!this.form.hasAttribute("data-rich")) {
      const area = this.field("body");
      area.focus();
      area.setSelectionRange(0, 0);
    }
  }

  changed(event) {
    const { name } = event.target;
    if (!name || name === "files") return;
    if (name === "subject") this.showTitle(event.target.value);
    if (name === "send_at") this.showWhen(event.target.value);
    if (name === "account" && event.type === "change") this.exchangeSignature(event.target.value);
    this.touch();
  }

  touch() {
    this.isTouched = this.isDirty = true;
    const now = Date.now();
    this.dirtySince ||= now;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), Math.max(0, Math.min(REST, this.dirtySince + AT_LEAST_EVERY - now)));
  }

  showTitle(subject) {
    const title = this.section.querySelector("[data-draft-title]");
    title.textContent = subject.trim() || title.dataset.untitled;
  }

  showWhen(at) {
    const word = this.form.querySelector("[data-send-word]");
    word.textContent = at ? word.dataset.later : word.dataset.now;
  }

  // One saving after the other, so that each knows the version that the last one made.
  save({ keepalive = false } = {}) {
    clearTimeout(this.timer);
    this.saving = this.saving.then(() => (this.isDirty && !this.isOver ? this.send({ keepalive }) : null));
    return this.saving;
  }

  async send({ keepalive }) {
    this.isDirty = false;
    this.dirtySince = 0;
    const form = this.sent();
    form.append("is_autosave", "yes");
    try {
      const answer = await ask(this.form.dataset.saveUrl, { form, keepalive });
      this.show(answer);
    } catch {
      this.isDirty = true;
      this.say(document.body.dataset.textOffline);
    }
  }

  sent() {
    const form = new FormData(this.form);
    form.delete("files");
    return form;
  }

  show(answer) {
    const content = parsed(answer.html);
    if (content.querySelector("[data-conflict]")) return this.showConflict();
    if (answer.isGood && content.querySelector("[data-version]")) {
      this.section.querySelector("[data-draft-state]").replaceChildren(content);
      return null;
    }
    return this.say(this.form.dataset.textUnsaved || document.body.dataset.textFailed);
  }

  // What was typed comes back with the question which of the two to keep.
  async showConflict() {
    this.isOver = true;
    const answer = await ask(this.form.dataset.saveUrl, { form: this.sent() });
    const fresh = parsed(answer.html).querySelector(".draft");
    if (fresh) put(fresh, this.section);
  }

  say(text) {
    const state = this.section.querySelector("[data-draft-state] span");
    if (state) state.textContent = text;
  }

  // Buttons send the whole form: the saving under way ends first, and none begins after.
  beforeRequest(event) {
    if (event.detail.question || !event.target.closest("[data-draft]")) return;
    event.preventDefault();
    const template = event.target.closest("[data-template-url]");
    if (template && this.editor) {
      this.insertTemplate(template);
      return;
    }
    clearTimeout(this.timer);
    const isOfFiles = event.target.closest("[data-draft-files]") !== null;
    this.saving.then(() => {
      if (!isOfFiles) this.isDirty = false;
      event.detail.issueRequest(true);
    });
  }

  stop() {
    clearTimeout(this.timer);
    this.isOver = true;
  }

  exchangeSignature(account) {
    const of = (pk) => this.section.querySelector(`template[data-signature="${CSS.escape(pk)}"]`);
    const [before, after] = [of(this.account), of(account)];
    this.account = account;
    if (this.editor && after) this.editor.exchangeSignature(after.innerHTML);
    else if (before || after) this.touch();
  }

  // At the cursor; without the editor the server puts it before what is written.
  async insertTemplate(button) {
    const to = encodeURIComponent(this.field("to").value);
    const answer = await ask(`${button.dataset.templateUrl}?to=${to}`);
    const filled = answer.isGood && parsed(answer.html).querySelector("[data-subject]");
    if (!filled) return;
    const subject = this.field("subject");
    if (!subject.value && filled.dataset.subject) {
      subject.value = filled.dataset.subject;
      this.showTitle(subject.value);
    }
    this.editor.insert(filled.innerHTML);
    button.closest("details.menu").open = false;
    this.touch();
  }
}

export function attend(section) {
  if (!known.has(section)) known.set(section, new Draft(section));
}

export const isUntouched = (section) => {
  const draft = known.get(section);
  return Boolean(draft) && !draft.isTouched && draft.field("version")?.value === "1";
};

// What is thrown away without having been touched needs no undoing.
export async function close(section, { discards }) {
  const draft = known.get(section);
  if (!draft) return;
  if (!discards) {
    await draft.save();
    return;
  }
  draft.stop();
  const form = new FormData();
  form.append("is_untouched", "yes");
  await ask(draft.form.dataset.discardUrl, { form });
}

function leave() {
  for (const section of document.querySelectorAll("[data-draft]")) known.get(section)?.save({ keepalive: true });
}

window.addEventListener("pagehide", leave);
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
