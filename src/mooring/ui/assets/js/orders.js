// Lists in an order of one's own: each entry has a form with buttons that move it up and down, and can be dragged to its place, which
// the same form then tells.

document.addEventListener("dropped", (event) => {
  const entry = event.target.closest("[data-sorts] > [data-place]");
  if (!entry) return;
  const form = entry.querySelector(":scope > form");
  const to = document.createElement("input");
  to.type = "hidden";
  to.name = "to";
  to.value = [...entry.parentElement.querySelectorAll(":scope > [data-place]")].indexOf(entry);
  form.append(to);
  form.requestSubmit();
});
