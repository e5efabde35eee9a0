// Before the first paint: the theme as the account says, else as chosen on this computer; and
// whether the menu is open.
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
    const choice = chosen("theme") ?? root.dataset.themeChoice ?? "auto";
    root.dataset.themeChoice = choice;
    root.dataset.bsTheme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
    root.dataset.menu = chosen("menu") ?? "open";
  }

  // What the account says holds on this computer too, also once signed out.
  if (root.dataset.themeOfAccount) {
    try {
      localStorage.setItem("portal-theme", root.dataset.themeOfAccount);
    } catch {
      root.dataset.themeChoice = root.dataset.themeOfAccount;
    }
  }
  root.classList.add("js");
  apply();
  dark.addEventListener("change", apply);
  addEventListener("storage", apply); // another tab chose
  addEventListener("portal:appearance", apply);
})();
