// Parts of a form that apply to some choices only fold away while others are made: data-when="field value value", or
// data-when="field value|other value" where one of several choices is enough. A check box has the values on and off. Without a script everything is seen.

function value(form, name) {
  const found = [...form.elements].filter((element) => element.name === name);
  const box = found.find((element) => element.type === "checkbox");
  if (box) return box.checked ? "on" : "off";
  if (found[0]?.type === "radio") return found.find((element) => element.checked)?.value ?? "";
  return found[0]?.value ?? "";
}

function fold(form) {
  for (const part of form.querySelectorAll("[data-when]")) {
    part.hidden = !part.dataset.when.split("|").some((choice) => {
      const [name, ...values] = choice.split(" ");
      return values.includes(value(form, name));
    });
  }
}

const foldAll = () => document.querySelectorAll("form[data-folding]").forEach(fold);

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-folding]");
  if (form) fold(form);
});
foldAll();
