// Theme and width of the menu: remembered in cookies, which the server reads, so that no page flashes.

const YEAR = 365 * 24 * 3600;

export function remember(name, value) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${value}; path=/; max-age=${value ? YEAR : 0}; samesite=lax${secure}`;
}

function show(theme) {
  if (theme === "system") document.documentElement.removeAttribute("data-bs-theme");
  else document.documentElement.setAttribute("data-bs-theme", theme);
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
  }
}

document.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-theme-choice]");
  if (choice) {
    event.preventDefault();
    remember("theme", choice.dataset.themeChoice === "system" ? "" : choice.dataset.themeChoice);
    show(choice.dataset.themeChoice);
    return;
  }
  const fold = event.target.closest("[data-fold-menu]");
  if (!fold) return;
  const root = document.documentElement;
  const narrow = root.dataset.menu !== "narrow";
  if (narrow) root.dataset.menu = "narrow";
  else delete root.dataset.menu;
  fold.setAttribute("aria-expanded", String(!narrow));
  remember("menu", narrow ? "narrow" : "");
});

document.documentElement.dataset.script = "on";
