// Keeps times true while the page is open ("12 min"; the exact one is in `title`). Their words: moments.js, in the head.
const STEP_MS = 10_000;
const language = document.documentElement.lang || undefined;

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
  if (root instanceof Element && root.matches("time[data-relative]")) moments.tell(root);
  for (const time of root.querySelectorAll("time[data-relative]")) moments.tell(time);
}

export function startTimes() {
  // Before what was fetched is painted: other words would push their neighbours about.
  for (const swapped of ["htmx:afterSwap", "htmx:oobAfterSwap"]) {
    document.addEventListener(swapped, () => refreshTimes(document));
  }
  const refresh = () => {
    if (document.hidden) return;
    refreshTimes(document);
    refreshClocks();
  };
  setInterval(refresh, STEP_MS);
  document.addEventListener("visibilitychange", refresh);
}
