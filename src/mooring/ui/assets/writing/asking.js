// Asking the server for a part of a page, as htmx does, where more than a swap is needed.

export const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

export async function ask(url, { form = null, keepalive = false } = {}) {
  const headers = { "HX-Request": "true", "X-CSRFToken": token() };
  const answer = await fetch(url, { method: form ? "POST" : "GET", body: form, headers, keepalive, credentials: "same-origin" });
  return { status: answer.status, isGood: answer.ok, html: answer.headers.has("HX-Redirect") ? "" : await answer.text() };
}

export function parsed(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content;
}

// Takes the place of `old`; htmx then knows its buttons, and toasts that came along are shown.
export function put(fresh, old) {
  old.replaceWith(fresh);
  window.htmx.process(fresh);
  fresh.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: fresh } }));
}

export function showToasts(content) {
  const toasts = document.getElementById("toasts");
  for (const toast of content.querySelectorAll(".toast-line")) toasts?.append(toast);
}
