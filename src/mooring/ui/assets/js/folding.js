// Parts of a form that apply to some choices only fold away while others are made: data-when="field value value".
// A check box has the values on and off. Without a script everything is seen.

function value(form, name) {
  const found = [...form.elements].filter((element) => element.name === name);
  const box = found.find((element) => element.type === "checkbox");
  if (box) return box.checked ? "on" : "off";
  if (found[0]?.type === "radio") return found.find((element) => element.checked)?.value ?? "";
  return found[0]?.value ?? "";
}

function fold(form) {
  for (const part of form.querySelectorAll("[data-when]")) {
    const [name, ...values] = part.dataset.when.split(" ");
    part.hidden = !values.includes(value(form, name));
  }
}

const foldAll = () => document.querySelectorAll("form[data-folding]").forEach(fold);

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-folding]");
  if (form) fold(form);
});
foldAll();
