// "Copy": the rows and columns of the page, as a spreadsheet takes them.
import { problem, toast } from "./toasts.js";
import { words } from "./words.js";

// A cell that starts like a formula would be run by the spreadsheet it is pasted into.
const FORMULA = /^[=+\-@\t\r]/;
const UNSEEN = ".visually-hidden, [aria-hidden=true], [data-no-export]";

function cellText(cell) {
  let text = cell.dataset.export;
  if (text === undefined) {
    const copy = cell.cloneNode(true);
    copy.querySelectorAll(UNSEEN).forEach((node) => node.remove());
    text = copy.textContent.trim();
  }
  const line = (FORMULA.test(text) ? `'${text}` : text).replace(/\s+/g, " ");
  return line.trim();
}

export function tableCells(table) {
  const headings = [...table.tHead.rows[0].cells];
  const columns = headings.flatMap((cell, index) =>
    cell.hidden || cell.dataset.noExport !== undefined ? [] : [index],
  );
  const rows = [...table.tBodies]
    .flatMap((body) => [...body.rows])
    .filter((row) => !row.hidden && row.dataset.noExport === undefined);
  return [table.tHead.rows[0], ...rows].map((row) => columns.map((index) => cellText(row.cells[index])));
}

function asHtml(cells) {
  const table = document.createElement("table");
  for (const values of cells) {
    const row = table.insertRow();
    for (const value of values) row.insertCell().textContent = value;
  }
  return table.outerHTML;
}

async function write(text, html) {
  if (navigator.clipboard && window.ClipboardItem) {
    const blob = (content, type) => new Blob([content], { type });
    const item = { "text/plain": blob(text, "text/plain"), "text/html": blob(html, "text/html") };
    await navigator.clipboard.write([new ClipboardItem(item)]);
  } else if (!writeTheOldWay(text, html)) {
    throw new Error("copy refused");
  }
}

// Plain http has no clipboard API; a copy event can still be filled.
function writeTheOldWay(text, html) {
  const area = document.createElement("textarea");
  area.className = "visually-hidden";
  area.value = text;
  document.body.append(area);
  area.select();
  const fill = (event) => {
    event.clipboardData.setData("text/plain", text);
    event.clipboardData.setData("text/html", html);
    event.preventDefault();
  };
  document.addEventListener("copy", fill, { once: true });
  const isDone = document.execCommand("copy");
  document.removeEventListener("copy", fill);
  area.remove();
  return isDone;
}

async function copyTable(button) {
  const table = document.querySelector(button.dataset.copyTable);
  if (!table) {
    toast(words.nothingToCopy, { tone: "blue", icon: "circle-info" });
    return;
  }
  const cells = tableCells(table);
  const text = cells.map((row) => row.join("\t")).join("\r\n");
  try {
    await write(text, asHtml(cells));
    toast(words.copied(cells.length - 1));
  } catch {
    problem(words.copyFailed);
  }
  button.focus();
}

async function copyText(button) {
  const text = button.dataset.copyText;
  const holder = document.createElement("span");
  holder.textContent = text;
  try {
    await write(text, holder.outerHTML);
    toast(words.copiedText(text));
  } catch {
    problem(words.copyFailed);
  }
}

export function startCopying() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy-table]");
    if (button) copyTable(button);
    const text = event.target.closest("[data-copy-text]");
    if (text) copyText(text);
  });
}
