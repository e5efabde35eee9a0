// Puts a fragment from the server in the place of the element with the same id, as if it had only changed.
import { refreshTimes } from "./times.js";

const TRANSIENT = ["is-fresh", "htmx-request", "htmx-settling", "htmx-swapping", "htmx-added"];
const FRESH_MS = 1500; // as long as css/tables.css lets it fade
const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

function each(root, selector) {
  return [...(root.matches(selector) ? [root] : []), ...root.querySelectorAll(selector)];
}

// What the person at the desk did to the old element stays done on the new one.
function keepHands(old, next) {
  for (const button of each(old, "[data-expand]")) {
    const same = each(next, "[data-expand]").find(
      (other) => other.getAttribute("aria-controls") === button.getAttribute("aria-controls"),
    );
    same?.setAttribute("aria-expanded", button.getAttribute("aria-expanded"));
  }
  if (old.matches("[data-detail]")) next.hidden = old.hidden;
  for (const details of each(old, "details[id][open]")) {
    const same = each(next, "details").find((other) => other.id === details.id);
    if (same) same.open = true;
  }
  for (const box of each(old, "input[type=checkbox]")) {
    const same = each(next, "input[type=checkbox]").find(
      (other) => other.name === box.name && other.value === box.value,
    );
    if (same) same.checked = box.checked;
  }
}

function isSame(old, next) {
  const plain = (element) => {
    const copy = element.cloneNode(true);
    for (const node of [copy, ...copy.querySelectorAll("*")]) {
      node.classList.remove(...TRANSIENT);
      if (!node.classList.length) node.removeAttribute("class");
      if (node.dataset.tip !== undefined) {
        node.title = node.dataset.tip;
        delete node.dataset.tip;
      }
    }
    // "10s" and "12s" of the same moment are no news.
    refreshTimes(copy);
    copy.normalize();
    return copy;
  };
  return plain(old).isEqualNode(plain(next));
}

function focusedIn(element) {
  const active = document.activeElement;
  if (!element.contains(active)) return null;
  return { id: active.id, index: each(element, FOCUSABLE).indexOf(active) };
}

function focusAgain(element, focused) {
  if (!focused) return;
  const target =
    (focused.id && document.getElementById(focused.id)) || each(element, FOCUSABLE)[focused.index];
  target?.focus({ preventScroll: true });
}

// A column that has been wide stays so: a shorter word in it must not push its neighbours about.
function holdColumns() {
  const headings = [...document.querySelectorAll(".portal-table > thead th")];
  const widths = headings.map((heading) => heading.getBoundingClientRect().width);
  headings.forEach((heading, index) => {
    heading.style.minWidth = `${widths[index]}px`;
  });
}

function letColumnsGo() {
  for (const heading of document.querySelectorAll(".portal-table > thead th")) heading.style.minWidth = "";
}

export function applyPatches(patches) {
  if (!patches.length) return false;
  holdColumns();
  return patches.map(applyPatch).includes(true);
}

export function startPatches() {
  addEventListener("resize", letColumnsGo);
}

// What stands in it is told apart by ids: what is there stays, with what is open or marked in it.
function applyChildren(old, next) {
  const known = (parent, child) => (child.id ? parent.children.namedItem(child.id) : null);
  for (const child of [...old.children]) if (!known(next, child)) child.remove();
  let isChanged = false;
  let place = old.firstElementChild;
  for (const child of [...next.children]) {
    const same = known(old, child);
    if (same) {
      place = same.nextElementSibling;
      isChanged = applyElement(same, child) || isChanged;
    } else {
      old.insertBefore(child, place);
      refreshTimes(child);
      lightUp(child);
      isChanged = true;
    }
  }
  return isChanged;
}

function lightUp(element) {
  htmx.process(element);
  // A whole table lights up for no single change in it.
  if (element.querySelector("tr")) return;
  element.classList.add("is-fresh");
  setTimeout(() => element.classList.remove("is-fresh"), FRESH_MS);
}

function applyElement(old, next) {
  keepHands(old, next);
  refreshTimes(next);
  if (isSame(old, next)) return false;
  const focused = focusedIn(old);
  old.replaceWith(next);
  lightUp(next);
  focusAgain(next, focused);
  return true;
}

function applyPatch({ id, html }) {
  const old = document.getElementById(id);
  const next = old && parse(html);
  if (!next) return false;
  return old.dataset.keyed === undefined ? applyElement(old, next) : applyChildren(old, next);
}
