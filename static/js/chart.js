// Shows the values under the pointer; the charts themselves are drawn by the server and need no script.
const figureFormat = new Intl.NumberFormat(document.documentElement.lang || undefined, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
let pointer; // where it last was, since patches replace the charts under it

// The point nearest in time; the points of a line are in the order of time.
function nearest(points, x) {
  let low = 0;
  let high = points.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (points[middle].x < x) low = middle;
    else high = middle;
  }
  return Math.abs(points[low].x - x) <= Math.abs(points[high].x - x) ? points[low] : points[high];
}

function element(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function atOf(figure, x, width) {
  const { since, until, zone } = figure.dataset;
  const at = new Date(Number(since) + (Number(until) - Number(since)) * (x / width));
  const language = document.documentElement.lang || undefined;
  const format = new Intl.DateTimeFormat(language, {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone: zone,
  });
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${part.day} ${part.month}, ${part.hour}:${part.minute}:${part.second}`;
}

function valueOf(figure, y, height) {
  const low = Number(figure.dataset.low);
  const high = Number(figure.dataset.high);
  return `${figureFormat.format(high - ((high - low) * y) / height)} ${figure.dataset.unit}`;
}

function clear() {
  for (const old of document.querySelectorAll(".chart-cursor, .chart-reading")) old.remove();
}

function show(plot, clientX) {
  const figure = plot.closest("[data-chart]");
  const svg = plot.querySelector("svg");
  const box = plot.getBoundingClientRect();
  const { width, height } = svg.viewBox.baseVal;
  const lines = [...svg.querySelectorAll("[data-name]")];
  const wanted = ((clientX - box.left) / box.width) * width;
  const found = lines.map((line) => ({ name: line.dataset.name, at: nearest([...line.points], wanted) }));
  if (!found.length) return;
  const x = nearest(
    found.map((each) => each.at).sort((one, other) => one.x - other.x),
    wanted,
  ).x;
  const left = (x / width) * box.width;
  const cursor = element("div", "chart-cursor");
  cursor.style.left = `${left}px`;
  const reading = element("div", "chart-reading");
  reading.append(element("p", "", atOf(figure, x, width)));
  for (const { name, at } of found) {
    const row = element("p");
    row.append(element("span", "", name), element("strong", "", valueOf(figure, at.y, height)));
    reading.append(row);
  }
  if (left < box.width / 2) reading.style.left = `${left + 10}px`;
  else reading.style.right = `${box.width - left + 10}px`;
  plot.append(cursor, reading);
}

function refresh() {
  clear();
  const under = pointer && document.elementFromPoint(pointer.x, pointer.y);
  const plot = under?.closest("[data-plot]");
  if (plot) show(plot, pointer.x);
}

function move(event) {
  pointer = { x: event.clientX, y: event.clientY };
  if (event.target.closest?.("[data-plot]") || document.querySelector(".chart-cursor")) refresh();
}

document.addEventListener("pointermove", move);
document.addEventListener("pointerdown", move);
new MutationObserver((changes) => {
  const isPatch = changes.some((change) => [...change.addedNodes].some((node) => node.matches?.(".charts")));
  if (isPatch) refresh();
}).observe(document.getElementById("content"), { childList: true, subtree: true });
