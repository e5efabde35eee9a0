// Single keys: j k rows, o open, x select, e expand, / filter, ? help, g and a letter to a page; never while one types.
const FIELDS = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]";
const ROWS = ".list .portal-table > tbody > tr:not(.detail-row)";
const GO_MS = 1500;
const STORED = "portal-keys";

let goesUntil = 0;

function isOff() {
  try {
    return localStorage.getItem(STORED) === "off";
  } catch {
    return false;
  }
}

function switchKeys(isOn) {
  try {
    if (isOn) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, "off");
  } catch {
    // A browser that keeps nothing keeps the keys, too.
  }
}

function rows() {
  return [...document.querySelectorAll(ROWS)];
}

function rowAtHand() {
  return document.activeElement?.closest(ROWS) ?? document.querySelector(`${ROWS.replace("tr:not", "tr:hover:not")}`);
}

function moveTo(step) {
  const all = rows();
  const now = all.indexOf(document.activeElement?.closest(ROWS));
  const next = all[now < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, now + step))];
  if (!next) return;
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function openRow() {
  const link = rowAtHand()?.querySelector('td:not(.actions) a[href]:not([data-expand])');
  if (link) link.click();
}

function tickRow() {
  const box = rowAtHand()?.querySelector('input[type="checkbox"][form="selection"]');
  if (box) box.click();
}

function expandRow() {
  rowAtHand()?.querySelector("[data-expand]")?.click();
}

function toFilters() {
  const field = document.querySelector("form[data-filters] input:not([type=hidden]), form[data-filters] select");
  (field ?? document.querySelector("[data-palette] input"))?.focus();
}

function help() {
  document.querySelector("[data-shortcuts-help]")?.click();
}

const DEEDS = {
  j: () => moveTo(1),
  k: () => moveTo(-1),
  o: openRow,
  x: tickRow,
  e: expandRow,
  "/": toFilters,
  "?": help,
  g: () => {
    goesUntil = Date.now() + GO_MS;
  },
};

function deedFor(event) {
  if (Date.now() < goesUntil) {
    goesUntil = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (link) return () => link.click();
  }
  if (event.key === "Enter") return event.target.matches?.(ROWS) ? openRow : undefined;
  return Object.hasOwn(DEEDS, event.key) ? DEEDS[event.key] : undefined;
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
  if (event.target.closest?.(FIELDS) || document.querySelector("dialog[open]") || isOff()) return;
  const deed = deedFor(event);
  if (!deed) return;
  event.preventDefault();
  deed();
}

function showSwitch(root) {
  const box = root.querySelector?.("[data-shortcuts-switch]");
  if (box) box.checked = !isOff();
}

export function startKeyboard() {
  document.addEventListener("keydown", pressed);
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-shortcuts-switch]")) switchKeys(event.target.checked);
  });
  document.addEventListener("htmx:afterSettle", (event) => showSwitch(event.target));
  showSwitch(document);
}
