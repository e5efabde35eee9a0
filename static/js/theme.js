// Before the first paint: the theme and whether the menu is open, as chosen on this computer.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  function chosen(name) {
    try {
      return localStorage.getItem(`portal-${name}`);
    } catch {
      return null; // storage can be switched off
    }
  }

  function apply() {
    const choice = chosen("theme") ?? "auto";
    root.dataset.themeChoice = choice;
    root.dataset.bsTheme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
    root.dataset.menu = chosen("menu") ?? "open";
  }

  root.classList.add("js");
  apply();
  dark.addEventListener("change", apply);
  addEventListener("storage", apply); // another tab chose
  addEventListener("portal:appearance", apply);
})();
