// The editor itself (ProseMirror by way of django-prose-editor), with what a letter may hold and no more: what the server keeps
// is what mail/written_html.py allows. Its toolbar stands in the page; nothing here draws.

import {
  Blockquote, Bold, BulletList, Code, CodeBlock, Document, Dropcursor, Editor, Gapcursor, HardBreak, Heading, HorizontalRule, Image,
  Italic, Link, ListItem, Mark, Node, OrderedList, Paragraph, Strike, Subscript, Superscript, Table, TableCell, TableHeader, TableRow,
  Text, Underline, UndoRedo,
} from "django-prose-editor/editor";

const Signature = Node.create({
  name: "signature",
  group: "block",
  content: "block+",
  parseHTML: () => [{ tag: "div.signature" }],
  renderHTML: () => ["div", { class: "signature" }, 0],
});

// A place of a template that is not filled yet.
const Missing = Mark.create({
  name: "missing",
  inclusive: false,
  parseHTML: () => [{ tag: "mark" }],
  renderHTML: () => ["mark", 0],
});

const extensions = [
  Document, Paragraph, Text, HardBreak, Bold, Italic, Underline, Strike, Code, CodeBlock, Subscript, Superscript,
  Heading.configure({ levels: [1, 2, 3] }), BulletList, OrderedList, ListItem, Blockquote, HorizontalRule,
  Image.configure({ inline: true, allowBase64: false }), Table, TableRow, TableHeader, TableCell, UndoRedo, Gapcursor, Dropcursor,
  Link.configure({ openOnClick: false, enableTarget: false }), Signature, Missing,
];

const FORMATS = {
  bold: (chain) => chain.toggleBold(),
  italic: (chain) => chain.toggleItalic(),
  underline: (chain) => chain.toggleUnderline(),
  strike: (chain) => chain.toggleStrike(),
  heading: (chain) => chain.toggleHeading({ level: 2 }),
  bulletList: (chain) => chain.toggleBulletList(),
  orderedList: (chain) => chain.toggleOrderedList(),
  blockquote: (chain) => chain.toggleBlockquote(),
  clear: (chain) => chain.unsetAllMarks().clearNodes(),
};

const pictures = (list) => [...(list ?? [])].filter((file) => file.type.startsWith("image/"));

export class Writing {
  constructor(area, { tools, onPicture }) {
    this.area = area;
    this.tools = tools;
    this.onPicture = onPicture;
    const place = document.createElement("div");
    place.className = "written";
    const hadFocus = document.activeElement === area;
    const typedToTheEnd = area.value !== "" && area.selectionStart === area.value.length;
    area.after(place);
    area.hidden = true;
    this.editor = new Editor({
      element: place,
      extensions,
      content: area.value,
      injectCSS: false,
      editorProps: {
        attributes: { role: "textbox", "aria-multiline": "true", "aria-label": area.labels?.[0]?.textContent.trim() ?? "" },
        handlePaste: (_view, event) => this.takePictures(event, event.clipboardData),
        handleDrop: (_view, event) => this.takePictures(event, event.dataTransfer),
        handleKeyDown: (_view, event) => this.press(event),
      },
      onUpdate: () => this.changed(),
      onSelectionUpdate: () => this.showState(),
    });
    tools?.addEventListener("click", (event) => this.format(event));
    tools?.addEventListener("keydown", (event) => this.walk(event));
    this.showState();
    if (hadFocus) this.editor.commands.focus(typedToTheEnd ? "end" : "start");
  }

  changed() {
    this.area.value = this.editor.isEmpty ? "" : this.editor.getHTML();
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
    this.showState();
  }

  focus() {
    this.editor.commands.focus("start");
  }

  insert(html) {
    this.editor.chain().focus().insertContent(html).run();
  }

  insertPicture(url) {
    this.editor.chain().focus().setImage({ src: url, alt: "" }).run();
  }

  exchangeSignature(html) {
    const { state } = this.editor;
    let found = null;
    state.doc.descendants((node, at) => {
      if (!found && node.type.name === "signature") found = { from: at, to: at + node.nodeSize };
      return !found;
    });
    const block = html.trim() ? `<div class="signature">${html}</div>` : "";
    if (found && block) this.editor.chain().insertContentAt(found, block).run();
    else if (found) this.editor.chain().deleteRange(found).run();
    else if (block) this.editor.chain().insertContentAt(state.doc.content.size, block).run();
  }

  takePictures(event, carried) {
    const found = this.onPicture ? pictures(carried?.files) : [];
    if (!found.length || found.length !== carried.files.length) return false;
    event.preventDefault();
    for (const file of found) this.onPicture(file);
    return true;
  }

  press(event) {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return false;
    event.preventDefault();
    event.stopPropagation();
    this.askForLink();
    return true;
  }

  format(event) {
    const button = event.target.closest("[data-format], [data-link-set]");
    if (!button) return;
    const { format } = button.dataset;
    if (button.matches("[data-link-set]")) this.setLink();
    else if (format === "link") this.askForLink();
    else if (format === "picture") this.pickPicture();
    else FORMATS[format]?.(this.editor.chain().focus()).run();
  }

  // One stop for Tab; arrows walk from button to button.
  walk(event) {
    if (event.target.matches("[data-link-address]")) {
      if (event.key === "Enter") this.setLink();
      else if (event.key !== "Escape") return;
      event.preventDefault();
      this.hideLink();
      return;
    }
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const buttons = [...this.tools.querySelectorAll("[data-format]")];
    const next = buttons[(buttons.indexOf(event.target) + step + buttons.length) % buttons.length];
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
    event.preventDefault();
  }

  askForLink() {
    const line = this.tools?.querySelector("[data-link-line]");
    if (!line) return;
    line.hidden = false;
    const address = line.querySelector("[data-link-address]");
    address.value = this.editor.getAttributes("link").href ?? "";
    address.focus();
  }

  setLink() {
    const address = this.tools.querySelector("[data-link-address]").value.trim();
    const chain = this.editor.chain().focus().extendMarkRange("link");
    if (!address) chain.unsetMark("link").run();
    else this.linkTo(chain, /^(https?:|mailto:)/i.test(address) ? address : address.includes("@") ? `mailto:${address}` : `https://${address}`);
    this.hideLink();
  }

  linkTo(chain, href) {
    if (!this.editor.state.selection.empty || this.editor.isActive("link")) return chain.setMark("link", { href }).run();
    return this.editor.chain().focus().insertContent({ type: "text", text: href, marks: [{ type: "link", attrs: { href } }] }).run();
  }

  hideLink() {
    const line = this.tools?.querySelector("[data-link-line]");
    if (line) line.hidden = true;
    this.editor.commands.focus();
  }

  pickPicture() {
    const picker = Object.assign(document.createElement("input"), { type: "file", accept: "image/png,image/jpeg,image/gif,image/webp" });
    picker.addEventListener("change", () => pictures(picker.files).forEach((file) => this.onPicture?.(file)));
    picker.click();
  }

  showState() {
    for (const button of this.tools?.querySelectorAll("[data-format][aria-pressed]") ?? []) {
      button.setAttribute("aria-pressed", String(this.editor?.isActive(button.dataset.format) ?? false));
    }
  }
}
