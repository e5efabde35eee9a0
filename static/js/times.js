// Times as people say them ("12 min"), kept true while the page is open; the exact one is in `title`.
const STEP_MS = 10_000;
const UNITS = [
  ["second", 1, 60, "narrow"],
  ["minute", 60, 60, "short"],
  ["hour", 3600, 24, "narrow"],
  ["day", 86_400, 30, "narrow"],
];
const language = document.documentElement.lang || undefined;
const soon = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const date = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric" });
const formats = Object.fromEntries(
  UNITS.map(([unit, , , unitDisplay]) => [
    unit,
    new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay }),
  ]),
);

export function inWords(at, now = Date.now()) {
  const seconds = Math.round((now - at.getTime()) / 1000);
  const distance = Math.abs(seconds);
  if (distance < 5) return soon.format(0, "second");
  for (const [unit, size, limit] of UNITS) {
    const amount = Math.floor(distance / size);
    if (amount < limit) {
      return seconds < 0 ? soon.format(amount, unit) : formats[unit].format(amount);
    }
  }
  return date.format(at);
}

// What the clock says somewhere else: a zone's name in `data-zone`.
function refreshClocks() {
  for (const time of document.querySelectorAll("time[data-zone]")) {
    const timeZone = time.dataset.zone;
    const clock = { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    const text = new Intl.DateTimeFormat(language, clock).format(Date.now());
    if (time.textContent !== text) time.textContent = text;
  }
}

export function refreshTimes(root) {
  const times = [...root.querySelectorAll("time[data-relative]")];
  if (root instanceof Element && root.matches("time[data-relative]")) times.push(root);
  for (const time of times) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const text = inWords(at);
    if (time.textContent !== text) time.textContent = text;
  }
}

export function startTimes() {
  refreshTimes(document);
  document.addEventListener("htmx:load", (event) => refreshTimes(event.detail.elt));
  const refresh = () => {
    if (document.hidden) return;
    refreshTimes(document);
    refreshClocks();
  };
  setInterval(refresh, STEP_MS);
  document.addEventListener("visibilitychange", refresh);
}
