// Toasts go after ten seconds, unless one is pointing at them or has the focus in them.

const SECONDS = 10;

function leaveLater(toast) {
  const timer = setTimeout(() => {
    if (toast.matches(":hover, :focus-within")) leaveLater(toast);
    else toast.remove();
  }, SECONDS * 1000);
  toast.addEventListener("click", (event) => {
    if (!event.target.closest("[data-dismiss]")) return;
    clearTimeout(timer);
    toast.remove();
  });
}

const place = document.getElementById("toasts");
for (const toast of place?.children ?? []) leaveLater(toast);
if (place) {
  new MutationObserver((changes) => {
    for (const change of changes) for (const toast of change.addedNodes) if (toast.nodeType === 1) leaveLater(toast);
  }).observe(place, { childList: true });
}

export function say(text) {
  const toast = document.getElementById("toast-problem")?.content.firstElementChild.cloneNode(true);
  if (!toast || !place) return;
  toast.querySelector(".said").textContent = text;
  place.append(toast);
}
