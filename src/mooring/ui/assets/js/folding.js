// Parts of a form that apply to some choices only fold away while others are made: data-when="field value value", or
// data-when="field value|other value" where one of several choices is enough. A check box has the values on and off. Without a script everything is seen.
// data-chooses="field choice:other choice:other" on a choice chooses along in another one, while that stands at one of the others named.

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

function chooseAlong(chosen) {
  const [name, ...pairs] = chosen.dataset.chooses.split(" ");
  const along = new Map(pairs.map((pair) => pair.split(":")));
  const other = chosen.form.elements.namedItem(name);
  const isUsual = other && [...along.values()].includes(other.value);
  if (isUsual && along.has(chosen.value)) other.value = along.get(chosen.value);
}

const foldAll = () => document.querySelectorAll("form[data-folding]").forEach(fold);

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-folding]");
  if (form && event.target.dataset.chooses) chooseAlong(event.target);
  if (form) fold(form);
});
foldAll();
