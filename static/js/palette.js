// Search in the top bar: Ctrl-K goes there, hits show below it while one types; empty, it offers where one was.
import { words } from "./words.js";

const MOST_RECENT = 8;
const DETAIL = /\/\d+\/$/; // pages about one thing are worth coming back to

let box;
let input;
let hits;

function key() {
  return `portal-recent-${box.dataset.user}`;
}

function recent() {
  try {
    return JSON.parse(localStorage.getItem(key())) ?? [];
  } catch {
    return [];
  }
}

function remember() {
  if (!DETAIL.test(location.pathname)) return;
  const name = document.querySelector(".page-name")?.textContent.trim();
  if (!name) return;
  const others = recent().filter((page) => page.url !== location.pathname);
  try {
    localStorage.setItem(key(), JSON.stringify([{ name, url: location.pathname }, ...others].slice(0, MOST_RECENT)));
  } catch {
    // A browser that keeps nothing offers nothing.
  }
}

function option(page, index) {
  const link = document.createElement("a");
  link.className = "menu-item";
  link.href = page.url;
  link.id = `hit-recent-${index}`;
  link.tabIndex = -1;
  link.setAttribute("role", "option");
  link.setAttribute("aria-selected", "false");
  const sign = document.createElement("i");
  sign.className = "fa-solid fa-clock-rotate-left";
  sign.setAttribute("aria-hidden", "true");
  link.append(sign, page.name);
  return link;
}

function showRecent() {
  const pages = recent().filter((page) => /^\/(?!\/)/.test(page.url));
  const group = document.createElement("div");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", words.recent);
  const heading = document.createElement("p");
  heading.className = "menu-heading";
  heading.setAttribute("role", "presentation");
  heading.textContent = words.recent;
  group.append(heading, ...pages.map(option));
  hits.replaceChildren(...(pages.length ? [group] : []));
}

function options() {
  return [...hits.querySelectorAll("a[role=option]")];
}

function choose(next) {
  for (const each of options()) each.setAttribute("aria-selected", String(each === next));
  if (next) {
    input.setAttribute("aria-activedescendant", next.id);
    next.scrollIntoView({ block: "nearest" });
  } else {
    input.removeAttribute("aria-activedescendant");
  }
}

function open() {
  if (!input.value.trim()) showRecent();
  hits.hidden = !hits.childElementCount;
  input.setAttribute("aria-expanded", String(!hits.hidden));
}

function close() {
  hits.hidden = true;
  input.setAttribute("aria-expanded", "false");
  choose(null);
}

function move(step) {
  open();
  const all = options();
  if (!all.length) return;
  const now = all.findIndex((each) => each.getAttribute("aria-selected") === "true");
  choose(all[(now + step + all.length) % all.length] ?? all[0]);
}

function typed(event) {
  const chosen = hits.querySelector('[aria-selected="true"]');
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const isFirstUp = event.key === "ArrowUp" && !chosen;
    if (isFirstUp) choose(options()[0]);
    move(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter" && chosen && !hits.hidden) {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) window.open(chosen.href, "_blank", "noopener");
    else location.assign(chosen.href);
  } else if (event.key === "Escape") {
    if (hits.hidden) input.blur();
    close();
  }
}

export function startPalette() {
  box = document.querySelector("[data-palette]");
  if (!box) return;
  input = box.querySelector("input");
  hits = document.getElementById("search-hits");
  remember();
  input.addEventListener("focus", open);
  input.addEventListener("keydown", typed);
  input.addEventListener("input", () => {
    if (!input.value.trim()) open();
  });
  // Nothing to search for: what one had typed before must not answer late.
  input.addEventListener("htmx:beforeRequest", (event) => {
    if (!input.value.trim()) event.preventDefault();
  });
  hits.addEventListener("htmx:afterSwap", () => {
    choose(null);
    if (input.value.trim()) open();
    else showRecent();
  });
  box.addEventListener("focusout", (event) => {
    if (!box.contains(event.relatedTarget)) close();
  });
  // The box keeps the focus while a hit is clicked.
  hits.addEventListener("pointerdown", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
}
