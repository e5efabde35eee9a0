// The side menu, drop-down menus (<details class="menu">), the theme, and printing.
function choose(name, value) {
  try {
    localStorage.setItem(`portal-${name}`, value);
  } catch {
    document.documentElement.dataset[name] = value; // for this page at least
    return;
  }
  dispatchEvent(new Event("portal:appearance"));
}

function startSideMenu() {
  const button = document.querySelector("[data-toggle-menu]");
  const menu = document.getElementById("menu");
  if (!button || !menu) return;
  const narrow = matchMedia("(max-width: 991.98px)");
  const root = document.documentElement;
  const isOpen = () => (narrow.matches ? root.dataset.drawer === "open" : root.dataset.menu === "open");
  const tell = () => button.setAttribute("aria-expanded", String(isOpen()));
  const closeDrawer = () => {
    delete root.dataset.drawer;
    tell();
  };

  button.addEventListener("click", () => {
    if (!narrow.matches) {
      choose("menu", isOpen() ? "closed" : "open");
    } else if (isOpen()) {
      closeDrawer();
    } else {
      root.dataset.drawer = "open";
      menu.querySelector("a")?.focus();
    }
    tell();
  });
  document.querySelector("[data-close-menu]")?.addEventListener("click", closeDrawer);
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && root.dataset.drawer) {
      closeDrawer();
      button.focus();
    }
  });
  narrow.addEventListener("change", closeDrawer);
  tell();
}

function startDropDowns() {
  const open = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}

// For this person's other computers; here it holds already.
function keep(theme) {
  const { themeUrl } = document.body.dataset;
  if (!themeUrl) return;
  const { "X-CSRFToken": token } = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  const body = new URLSearchParams({ theme });
  fetch(themeUrl, { method: "POST", body, headers: { "X-CSRFToken": token }, keepalive: true }).catch(() => {});
}

function startThemes() {
  const buttons = document.querySelectorAll("[data-theme-choice]:not(html)");
  const tell = () => {
    for (const button of buttons) {
      const isChosen = button.dataset.themeChoice === document.documentElement.dataset.themeChoice;
      button.setAttribute("aria-pressed", String(isChosen));
    }
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      choose("theme", button.dataset.themeChoice);
      tell();
      keep(button.dataset.themeChoice);
    });
  }
  tell();
}

export function startMenus() {
  startSideMenu();
  startDropDowns();
  startThemes();
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) print();
  });
}
