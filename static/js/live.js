// One socket per page: says what is on screen (`data-live`), receives what changed about it.
import { applyPatches, startPatches } from "./patches.js";
import { words } from "./words.js";

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
const HIDDEN_MS = 60_000;
const SETTLE_MS = 50;
const SIGNED_OUT = 4401;
const LONGEST_PRESS_MS = 1_000;

let socket;
let retryTimer;
let hiddenTimer;
let watchTimer;
let tries = 0;
let isPaused = false;
let watched = "";
let pressTimer; // while it runs, something is pressed
const held = [];

function onScreen() {
  const names = new Set();
  for (const element of document.querySelectorAll("[data-live]")) {
    for (const name of element.dataset.live.split(/\s+/)) if (name) names.add(name);
  }
  return [...names].sort();
}

function tell(state) {
  const light = document.getElementById("live-state");
  if (!light) return;
  if (light.dataset.state === state) return;
  // Each page connects: only what interrupts that is worth saying.
  light.ariaLive = state === "live" && light.dataset.state === "connecting" ? "off" : "polite";
  light.dataset.state = state;
  light.querySelector("[data-live-word]").textContent = words.live[state];
  light.title = words.live[state];
}

function watch() {
  const names = onScreen();
  if (socket?.readyState !== WebSocket.OPEN || names.join() === watched) return;
  watched = names.join();
  socket.send(JSON.stringify({ watch: names }));
}

function watchSoon() {
  clearTimeout(watchTimer);
  watchTimer = setTimeout(watch, SETTLE_MS);
}

function show() {
  if (applyPatches(held.splice(0))) watchSoon();
}

// What is replaced between press and release hears no click.
function press() {
  clearTimeout(pressTimer);
  pressTimer = setTimeout(release, LONGEST_PRESS_MS);
}

function release() {
  clearTimeout(pressTimer);
  pressTimer = undefined;
  show();
}

function connect() {
  clearTimeout(retryTimer);
  if (isPaused || socket) return;
  tell(tries ? "reconnecting" : "connecting");
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const own = new WebSocket(`${scheme}://${location.host}${document.body.dataset.liveUrl}`);
  socket = own;
  socket.addEventListener("open", () => {
    tries = 0;
    watched = "";
    tell("live");
    watch();
  });
  socket.addEventListener("message", (event) => {
    held.push(...(JSON.parse(event.data).patches ?? []));
    if (!pressTimer) show();
  });
  socket.addEventListener("close", (event) => {
    if (socket !== own) return;
    socket = undefined;
    if (isPaused) return;
    if (event.code === SIGNED_OUT) location.reload();
    else retry();
  });
}

function retry() {
  tell("reconnecting");
  // Without a network only a portal on this very computer can be reached; for others "online" comes first.
  const patience = navigator.onLine ? FIRST_RETRY_MS * 2 ** tries : LONGEST_RETRY_MS;
  const longest = Math.min(LONGEST_RETRY_MS, patience);
  tries += 1;
  // A restarted server must not meet every browser in the same instant.
  retryTimer = setTimeout(connect, longest / 2 + (Math.random() * longest) / 2);
}

// Without a network a socket can seem open for minutes.
function giveUp() {
  if (isPaused || !socket) return;
  const lost = socket;
  socket = undefined;
  lost.close();
  retry();
}

function pause() {
  isPaused = true;
  clearTimeout(retryTimer);
  socket?.close(1000);
  tell("paused");
}

function resume() {
  isPaused = false;
  tries = 0;
  connect();
}

export function startLive() {
  if (!document.body.dataset.liveUrl) return;
  startPatches();
  document.addEventListener("pointerdown", press, true);
  // The click comes right after, and is heard first.
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => setTimeout(release), true);
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = setTimeout(pause, HIDDEN_MS);
    else if (isPaused) resume();
  });
  for (const swapped of ["htmx:afterSettle", "htmx:oobAfterSwap", "htmx:load"]) {
    document.addEventListener(swapped, watchSoon);
  }
  addEventListener("offline", giveUp);
  addEventListener("online", () => {
    tries = 0;
    connect();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) resume(); // back from the browser's page cache
  });
  connect();
}
