// “Copy”: puts the text of the element that data-copy names into the clipboard, and says so on the button for a moment.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
  } catch {
    // Without https there is no clipboard; the text is selected, so that Ctrl-C copies it.
    getSelection().selectAllChildren(source);
    if (source.select) source.select();
    return;
  }
  button.classList.add("is-copied");
  setTimeout(() => button.classList.remove("is-copied"), 1500);
});
