// The map of sites. The list below it says the same; its filter is the map's, too.
const CLOSE_ZOOM = 11;
const FARTHEST_ZOOM = 1;
const CLOSEST_ZOOM = 18;
const WITHOUT_TILES_ZOOM = 12;
const PIN_PX = 30;
const WIDE_PIN_PX = 48;
const CLUSTER_PX = 50;

const host = document.getElementById("map");
const states = new Map(
  [...document.querySelectorAll(".map-legend [data-state]")].map((each, rank) => [
    each.dataset.state,
    { rank, icon: each.dataset.icon, tone: each.dataset.tone, word: each.textContent.trim() },
  ]),
);
const markers = new Map();
let map;
let clusters;
let shownFor;

function element(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function sign(state) {
  const icon = element("i", `fa-solid fa-${states.get(state).icon}`);
  icon.setAttribute("aria-hidden", "true");
  return icon;
}

// Colour, icon and, for those who do not see it, the word.
function pin(state, words, number) {
  const box = element("span", "map-pin-inside");
  box.dataset.tone = states.get(state).tone;
  box.append(sign(state));
  if (number) box.append(element("span", "", String(number)));
  box.append(element("span", "visually-hidden", words));
  const width = number ? WIDE_PIN_PX : PIN_PX;
  return L.divIcon({ html: box, className: "map-pin", iconSize: [width, PIN_PX] });
}

function worst(children) {
  return children
    .map((child) => child.options.site.state)
    .sort((one, other) => states.get(one).rank - states.get(other).rank)[0];
}

function windowOf(site) {
  const box = element("div", "map-window");
  const name = element("strong");
  const link = element("a", "", site.name);
  link.href = site.url;
  name.append(link);
  const state = element("span", "badge state");
  state.dataset.tone = states.get(site.state).tone;
  state.append(sign(site.state), states.get(site.state).word);
  const facts = element("ul");
  for (const fact of site.facts) {
    const row = element("li");
    const to = element("a", "", fact.words);
    to.href = fact.url;
    row.append(to);
    facts.append(row);
  }
  box.append(name);
  if (site.address) box.append(element("div", "text-secondary", site.address));
  box.append(state, facts);
  return box;
}

function markerOf(site) {
  const marker = L.marker(site.at, { site, icon: pin(site.state, words(site)), title: words(site) });
  marker.bindPopup(() => windowOf(marker.options.site), { minWidth: 180 });
  // Leaflet leaves the focus where it is, and Escape to the map alone.
  marker.on("popupopen", ({ popup }) => {
    const box = popup.getElement();
    box.querySelector(".leaflet-popup-close-button")?.setAttribute("aria-label", host.dataset.close);
    box.querySelector("a")?.focus({ preventScroll: true });
  });
  return marker;
}

function words(site) {
  return `${site.name}: ${states.get(site.state).word}`;
}

function change(marker, site) {
  const isOther = marker.options.site.state !== site.state;
  marker.options.site = site;
  if (marker.isPopupOpen()) {
    const popup = marker.getPopup();
    const isInside = popup.getElement()?.contains(document.activeElement);
    popup.setContent(windowOf(site));
    // Its link was replaced; without the focus nobody hears Escape.
    if (isInside) popup.getElement().querySelector("a")?.focus({ preventScroll: true });
  }
  if (!isOther) return false;
  marker.options.title = words(site);
  marker.setIcon(pin(site.state, words(site)));
  return true;
}

function place(sites) {
  const found = new Set(sites.map((site) => site.pk));
  for (const [pk, marker] of markers) {
    if (found.has(pk)) continue;
    clusters.removeLayer(marker);
    markers.delete(pk);
  }
  const changed = [];
  const added = [];
  for (const site of sites) {
    const marker = markers.get(site.pk);
    if (!marker) {
      markers.set(site.pk, markerOf(site));
      added.push(markers.get(site.pk));
    } else if (change(marker, site)) changed.push(marker);
  }
  clusters.addLayers(added);
  if (changed.length) clusters.refreshClusters(changed);
  document.getElementById("map-none").hidden = sites.length > 0;
  return added.length > 0;
}

// The address's filter, without what only the list below has.
function wanted() {
  const query = new URLSearchParams(location.search);
  for (const name of ["page", "per_page", "sort", "view"]) query.delete(name);
  return query.toString();
}

async function load() {
  const query = wanted();
  const answer = await fetch(`${host.dataset.markers}?${query}`, { headers: { Accept: "application/json" } });
  if (!answer.ok || query !== wanted()) return;
  const { sites } = await answer.json();
  place(sites);
  if (query !== shownFor && sites.length) {
    map.fitBounds(L.latLngBounds(sites.map((site) => site.at)).pad(0.15), { maxZoom: CLOSE_ZOOM, animate: false });
    shownFor = query;
  }
  host.dataset.ready = "";
}

async function drawWorld() {
  const answer = await fetch(host.dataset.world);
  if (!answer.ok) return;
  const { land, borders } = await answer.json();
  const quiet = { interactive: false };
  L.geoJSON(land, { ...quiet, style: { className: "world-land", weight: 1, fillOpacity: 1 } }).addTo(map);
  L.geoJSON(borders, { ...quiet, style: { className: "world-border", weight: 1, fill: false } }).addTo(map);
}

function start() {
  const { tiles, attribution } = host.dataset;
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  map = L.map(host, {
    minZoom: FARTHEST_ZOOM,
    maxZoom: tiles ? CLOSEST_ZOOM : WITHOUT_TILES_ZOOM,
    zoomControl: false,
    attributionControl: Boolean(tiles && attribution),
    worldCopyJump: true,
    zoomAnimation: !isStill,
    fadeAnimation: !isStill,
    markerZoomAnimation: !isStill,
  }).setView([25, 10], 2);
  L.control.zoom({ zoomInTitle: host.dataset.zoomIn, zoomOutTitle: host.dataset.zoomOut }).addTo(map);
  map.attributionControl?.setPrefix(false);
  if (tiles) {
    host.classList.add("has-tiles");
    const safe = element("span", "", attribution);
    L.tileLayer(tiles, { attribution: safe.innerHTML, maxZoom: CLOSEST_ZOOM }).addTo(map);
  } else drawWorld();
  clusters = L.markerClusterGroup({
    maxClusterRadius: CLUSTER_PX,
    showCoverageOnHover: false,
    animate: !isStill,
    chunkedLoading: true,
    iconCreateFunction: (cluster) => {
      const state = worst(cluster.getAllChildMarkers());
      const number = cluster.getChildCount();
      return pin(state, `${host.dataset.many}: ${states.get(state).word}`, number);
    },
  });
  clusters.addTo(map);
  host.addEventListener("keydown", (event) => {
    const open = [...markers.values()].find((marker) => marker.isPopupOpen());
    if (event.key !== "Escape" || !open) return;
    open.closePopup();
    open.getElement()?.focus({ preventScroll: true });
  });
  load();
  // The filter, pages of history, and live news of the sites.
  for (const swapped of ["htmx:afterSettle", "htmx:historyRestore"]) {
    document.addEventListener(swapped, () => wanted() !== shownFor && load());
  }
  new MutationObserver(load).observe(document.querySelector(".map-part"), { childList: true });
}

if (host) start();
