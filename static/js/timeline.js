// Draws the overview's lines with uPlot; the same figures stand below as sentences and a table.
const RISE_PX = 150;
const FEW_TICKS_PX = 70;

const host = document.querySelector("[data-timelines]");
const plots = new Map();
let drawn = "";

function source() {
  return document.getElementById("overview-history");
}

// As the browser paints it now: a variable itself may say light-dark().
function ink(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  host.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

function formatter(zone, options) {
  const language = document.documentElement.lang || undefined;
  const format = new Intl.DateTimeFormat(language, { ...options, hourCycle: "h23", timeZone: zone });
  return (seconds) => format.format(new Date(seconds * 1000));
}

function times(series) {
  return series.connected.map((_, place) => series.since + place * series.step);
}

// From nothing for what is counted by the minute; close around it for what hardly moves.
function range(name) {
  return (_, low, high) => {
    if (low === null) return [0, 1];
    if (name === "messages") return [0, Math.max(high * 1.1, 1)];
    const room = Math.max((high - low) * 0.2, 1);
    return [Math.max(Math.floor(low - room), 0), Math.ceil(high + room)];
  };
}

function options(name, label, zone, width) {
  const hour = formatter(zone, { hour: "2-digit", minute: "2-digit" });
  const moment = formatter(zone, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const number = new Intl.NumberFormat(document.documentElement.lang || undefined);
  const axis = {
    stroke: ink("--ink-soft"),
    grid: { stroke: ink("--line"), width: 1 },
    ticks: { stroke: ink("--line"), width: 1, size: 4 },
    font: `12px ${getComputedStyle(host).fontFamily}`,
  };
  const tone = ink(`--line-${name}`);
  return {
    width,
    height: RISE_PX,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
    cursor: { sync: { key: "fleet" }, y: false, drag: { x: false, y: false } },
    legend: { markers: { width: 2 } },
    scales: { y: { range: range(name) } },
    axes: [
      { ...axis, space: FEW_TICKS_PX, values: (_, splits) => splits.map(hour) },
      {
        ...axis,
        size: 56,
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000],
        values: (_, splits) => splits.map((value) => number.format(value)),
      },
    ],
    series: [
      { label: "", value: (_, at) => (at === null ? "–" : moment(at)) },
      {
        label,
        stroke: tone,
        fill: `color-mix(in srgb, ${tone} 12%, transparent)`,
        width: 2,
        spanGaps: false,
        points: { show: false },
        value: (_, value) => (value === null ? "–" : number.format(value)),
      },
    ],
  };
}

function draw() {
  const data = source();
  if (!data || !window.uPlot) return;
  const series = JSON.parse(data.dataset.series);
  for (const figure of host.querySelectorAll("[data-timeline]")) {
    const name = figure.dataset.timeline;
    const place = figure.querySelector("[data-plot]");
    plots.get(name)?.destroy();
    const label = figure.querySelector("figcaption").textContent.trim();
    const wanted = options(name, label, data.dataset.zone, place.clientWidth);
    plots.set(name, new uPlot(wanted, [times(series), series[name]], place));
  }
  drawn = data.dataset.series;
}

// New figures move the lines; the cursor stays where it is.
function renew() {
  const data = source();
  if (!data || data.dataset.series === drawn || !plots.size) return;
  drawn = data.dataset.series;
  const series = JSON.parse(drawn);
  for (const [name, plot] of plots) plot.setData([times(series), series[name]]);
}

function fit() {
  for (const [name, plot] of plots) {
    const width = host.querySelector(`[data-plot="${name}"]`).clientWidth;
    if (width && width !== plot.width) plot.setSize({ width, height: RISE_PX });
  }
}

if (host) {
  draw();
  new MutationObserver(renew).observe(source().parentElement, { childList: true });
  new ResizeObserver(fit).observe(host);
  // A canvas keeps the colours it was drawn with.
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
}
