// Where tabs do not fit side by side, the chosen one is in sight.

function show() {
  for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
    const row = tab.closest(".tabs");
    if (row.scrollWidth <= row.clientWidth) continue;
    const [at, within] = [tab.getBoundingClientRect(), row.getBoundingClientRect()];
    row.scrollLeft += at.left - within.left - (within.width - at.width) / 2;
  }
}

document.addEventListener("htmx:afterSettle", show);
show();
