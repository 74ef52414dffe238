// The rich text editor in the place of a text area; the area keeps the HTML that is sent. The editor itself is fetched here.

const load = () => import(document.body.dataset.scriptEditor);

export async function edit(area, { tools, onPicture = null }) {
  const { Writing } = await load();
  return new Writing(area, { tools, onPicture });
}

export async function enrich(area) {
  if (area.dataset.isRich) return;
  area.dataset.isRich = "yes";
  const field = area.closest("form");
  const editor = await edit(area, { tools: field.querySelector("[data-tools]") });
  field.addEventListener("click", (event) => {
    const place = event.target.closest("[data-place]");
    if (place) editor.insert(place.dataset.place);
  });
}
