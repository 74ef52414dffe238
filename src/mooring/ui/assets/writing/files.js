// Files of a draft: picked, dropped on the pane or pasted into it; each with its progress until the server has it.

import { parsed, put, showToasts, token } from "./asking.js";

export function attendFiles(section, draft) {
  const place = section.querySelector("[data-draft-drop]");
  const picker = section.querySelector("[data-picker]");
  picker?.addEventListener("change", () => {
    upload(draft, [...picker.files]);
    picker.value = "";
  });
  let depth = 0;
  const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const mark = (isOver) => section.toggleAttribute("data-files-over", isOver);
  section.addEventListener("dragenter", (event) => {
    if (holdsFiles(event)) mark((depth += 1) > 0);
  });
  section.addEventListener("dragleave", (event) => {
    if (holdsFiles(event)) mark((depth = Math.max(0, depth - 1)) > 0);
  });
  section.addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
  section.addEventListener("drop", (event) => {
    mark(false);
    depth = 0;
    if (!holdsFiles(event) || event.defaultPrevented) return;
    event.preventDefault();
    upload(draft, [...event.dataTransfer.files]);
  });
  place?.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || event.defaultPrevented) return;
    event.preventDefault();
    upload(draft, files);
  });
}

export async function upload(draft, files, { isPicture = false } = {}) {
  draft.isTouched = true;
  for (const file of files) await one(draft, file, isPicture);
}

function one(draft, file, isPicture) {
  const line = lineOf(file.name);
  draft.section.querySelector("[data-uploads]").append(line);
  const form = new FormData();
  form.append("files", file, file.name || "picture.png");
  if (isPicture) form.append("is_picture", "yes");
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("POST", draft.form.dataset.filesUrl);
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("X-CSRFToken", token());
    request.upload.addEventListener("progress", (event) => show(line, event));
    request.addEventListener("load", () => {
      if (request.status === 200) arrived(draft, request.responseText);
      else failed(line, document.body.dataset.textFailed);
      done();
    });
    request.addEventListener("error", () => {
      failed(line, document.body.dataset.textOffline);
      done();
    });
    request.send(form);
  });
}

function lineOf(name) {
  const line = document.createElement("li");
  const [words, bar] = ["span", "progress"].map((tag) => document.createElement(tag));
  words.textContent = name;
  bar.max = 100;
  bar.setAttribute("aria-label", name);
  line.append(words, bar);
  return line;
}

function show(line, event) {
  if (event.lengthComputable) line.querySelector("progress").value = (event.loaded / event.total) * 100;
}

function failed(line, text) {
  line.classList.add("problem");
  line.querySelector("progress")?.remove();
  line.querySelector("span").append(`: ${text}`);
}

function arrived(draft, html) {
  const content = parsed(html);
  const fresh = content.querySelector("[data-draft-files]");
  const old = draft.section.querySelector("[data-draft-files]");
  for (const picture of content.querySelectorAll("[data-picture]")) draft.editor?.insertPicture(picture.dataset.picture);
  showToasts(content);
  if (fresh && old) {
    const going = [...old.querySelectorAll("[data-uploads] > :not(:first-child)")];
    fresh.querySelector("[data-uploads]").append(...going);
    put(fresh, old);
  }
}
