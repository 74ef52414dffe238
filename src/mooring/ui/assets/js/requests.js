// What is said when a request of a fragment fails, and the thin line while one is under way.

import { say } from "./toasts.js";

const texts = () => document.body.dataset;

document.addEventListener("htmx:sendError", () => say(texts().textOffline));
document.addEventListener("htmx:timeout", () => say(texts().textOffline));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  say(status === 403 || status === 404 ? texts().textGone : texts().textFailed);
});

// An error inside a form: go to the first field that has one.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.xhr?.status === 422) document.querySelector("[aria-invalid=true]")?.focus();
});
