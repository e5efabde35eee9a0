// `<a data-dialog href="…">` opens the page it leads to as a dialog; without scripts it is just a link.
import { words } from "./words.js";

const FOCUSABLE = "a[href], button, [tabindex]";
const FIELDS = "input:not([type=hidden]), select, textarea";

function isPlainClick(event) {
  return !(event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey);
}

function focusFirst(body) {
  const target =
    body.querySelector("[aria-invalid=true]") ??
    body.querySelector("[autofocus]") ??
    body.querySelector(FIELDS) ??
    body.querySelector("button[type=submit]");
  target?.focus();
}

// A live update may have put a new element in the opener's place, one that can't be asked any more, too.
function back(opener, place) {
  if (opener?.isConnected) return opener;
  const same = document.querySelector(`a[data-dialog][href="${CSS.escape(opener?.getAttribute("href") ?? "")}"]`);
  const around = document.getElementById(place);
  return same ?? (around?.matches(FOCUSABLE) ? around : around?.querySelector(FOCUSABLE));
}

export function startDialogs() {
  const dialog = document.getElementById("dialog");
  const body = document.getElementById("dialog-body");
  const loading = document.getElementById("dialog-loading");
  if (!dialog || !body) return;
  let opener;
  let place; // the nearest thing with a name around it
  let isOpening = false;

  // All behind it becomes inert, which takes a long list its time: the press is painted first.
  const show = () => {
    opener?.removeAttribute("data-pressed");
    if (!isOpening) return;
    isOpening = false;
    dialog.showModal();
    if (body.querySelector("form")) focusFirst(body);
  };

  const open = (link) => {
    if (isOpening) return;
    body.replaceChildren(loading.content.cloneNode(true));
    if (!dialog.open) {
      // A link inside the dialog replaces what it shows; focus goes back to what opened it.
      opener = link;
      place = link.closest("[id]")?.id;
      isOpening = true;
      link.dataset.pressed = "";
      requestAnimationFrame(() => setTimeout(show));
    }
    htmx.ajax("GET", link.href, { source: body, target: body, swap: "innerHTML" });
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (link && isPlainClick(event)) {
      event.preventDefault();
      open(link);
    } else if (dialog.open && event.target.closest("[data-close-dialog]")) {
      event.preventDefault();
      dialog.close();
    }
  });
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog) dialog.close(); // the backdrop
  });
  dialog.addEventListener("close", () => {
    body.replaceChildren();
    back(opener, place)?.focus();
  });
  document.addEventListener("close-dialog", () => dialog.close()); // HX-Trigger of a request that went out
  // A part that is replaced while one types must not take the focus.
  body.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target === body) focusFirst(body);
  });
  body.addEventListener("htmx:responseError", (event) => {
    if (!body.querySelector("form")) {
      const sentence = document.createElement("p");
      sentence.className = "dialog-error";
      sentence.textContent = words.sentence(event.detail.xhr.status);
      body.replaceChildren(sentence);
    }
  });
  body.addEventListener("htmx:sendError", () => {
    if (body.querySelector("form")) return;
    isOpening = false;
    dialog.close();
  });
}
