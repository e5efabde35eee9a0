// Follows the message log: asks for what has come since each second, and lets the oldest rows go.
const EVERY_MS = 1000;
const AFTER_FAILURE_MS = 15_000;
let waitUntil = 0;

function ask() {
  const tail = document.querySelector("[data-tail]");
  if (!tail || document.hidden || Date.now() < waitUntil || tail.matches(".htmx-request")) return;
  htmx.trigger(tail, "tail");
}

function addPending(event) {
  const { elt, parameters } = event.detail;
  if (!elt.matches?.("[data-tail]")) return;
  const rows = document.querySelectorAll("tr[data-pending]");
  if (rows.length) parameters.pending = [...rows].map((row) => row.id.split("-").pop()).join();
}

function trim() {
  const tail = document.querySelector("[data-tail]");
  if (!tail) return;
  const rows = [...tail.parentElement.children].filter((row) => row !== tail && !row.matches("[data-detail]"));
  for (const row of rows.slice(Number(tail.dataset.tail))) {
    document.getElementById(`${row.id}-detail`)?.remove();
    row.remove();
  }
}

// The top bar says already when the portal can't be reached; one notice a second would say no more.
function keepQuiet(event) {
  if (!event.detail.elt?.matches?.("[data-tail]")) return;
  waitUntil = Date.now() + AFTER_FAILURE_MS;
  event.stopImmediatePropagation();
}

export function startTail() {
  document.addEventListener("htmx:configRequest", addPending);
  document.addEventListener("htmx:afterSettle", trim);
  for (const failed of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(failed, keepQuiet, { capture: true });
  }
  setInterval(ask, EVERY_MS);
}
