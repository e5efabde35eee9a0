// Times as people say them ("12 min"), while the page is still being read: nothing moves once it is seen.
(() => {
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

  function inWords(at) {
    const seconds = Math.round((Date.now() - at.getTime()) / 1000);
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

  function tell(time) {
    if (time.dataset.relative === undefined) return;
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) return;
    const text = inWords(at);
    if (time.textContent !== text) time.textContent = text;
  }

  const times = document.getElementsByTagName("time");
  let told = 0;
  const tellNew = () => {
    for (; told < times.length; told += 1) tell(times[told]);
  };
  const reading = new MutationObserver(tellNew);
  reading.observe(document, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", () => {
    reading.disconnect();
    // One may have been told before its own text had come.
    for (const time of times) tell(time);
  });

  window.moments = { tell };
})();
