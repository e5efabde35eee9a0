// Tick boxes of a list: all of the page, ranges; the bar shows while any is ticked.
import { words } from "./words.js";

let last; // the box ticked before, where a range begins

function form() {
  return document.querySelector("form[data-selection]");
}

function boxes(root = document) {
  return [...root.querySelectorAll('input[type="checkbox"][form="selection"]')];
}

function pageBoxes() {
  return boxes().filter((box) => box.name === "pick");
}

function show() {
  const bar = form();
  if (!bar) return;
  const ticked = boxes().filter((box) => box.checked).length;
  const all = bar.querySelector("[data-selection-all]");
  bar.dataset.ticked = String(all?.checked || ticked > 0);
  // It is said aloud: once, and not that there is nothing to say.
  const count = bar.querySelector("[data-selection-count]");
  const text = all?.checked ? words.selectedAll : ticked ? words.selected(ticked) : "";
  if (count.textContent !== text) count.textContent = text;
  const head = document.querySelector("[data-tick-page]");
  if (!head) return;
  const rows = pageBoxes();
  const on = rows.filter((box) => box.checked).length;
  head.checked = rows.length > 0 && on === rows.length;
  head.indeterminate = on > 0 && on < rows.length;
}

function tick(box, isTicked) {
  box.checked = isTicked;
}

function tickRange(box) {
  const list = boxes().filter((other) => other.name === box.name);
  const [from, to] = [list.indexOf(last), list.indexOf(box)].sort((one, other) => one - other);
  if (from < 0) return;
  for (const other of list.slice(from, to + 1)) tick(other, box.checked);
}

function clear() {
  const all = form()?.querySelector("[data-selection-all]");
  if (all) all.checked = false;
  for (const box of boxes()) tick(box, false);
  last = undefined;
}

function changed(event) {
  const box = event.target;
  if (box.matches("[data-tick-page]")) {
    for (const other of pageBoxes()) tick(other, box.checked);
    if (!box.checked) clear();
  } else if (box.matches("[data-selection-all]")) {
    if (box.checked) for (const other of pageBoxes()) tick(other, true);
  } else if (box.form?.matches("[data-selection]")) {
    // One row less is not "all" any more.
    const all = form().querySelector("[data-selection-all]");
    if (all && !box.checked) all.checked = false;
    last = box;
  } else {
    return;
  }
  show();
}

export function startSelection() {
  document.addEventListener("click", (event) => {
    if (event.target.matches('input[form="selection"]') && event.shiftKey && last) {
      tickRange(event.target);
      show();
    } else if (event.target.closest("[data-selection-clear]")) {
      clear();
      show();
      document.querySelector("[data-tick-page]")?.focus();
    }
  });
  document.addEventListener("change", changed);
  document.addEventListener("htmx:afterSettle", show);
  addEventListener("pageshow", show); // browsers tick boxes again when one comes back
  show();
}
