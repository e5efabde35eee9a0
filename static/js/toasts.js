// Short notices in #toasts: they leave by themselves, but not while somebody reads them.
import { words } from "./words.js";

const READING_MS = 8000;

export function toast(text, { tone = "green", icon = "circle-check" } = {}) {
  const notice = document.createElement("div");
  notice.className = "notice";
  notice.dataset.tone = tone;
  const sign = document.createElement("i");
  sign.className = `fa-solid fa-${icon} notice-icon`;
  sign.setAttribute("aria-hidden", "true");
  const body = document.createElement("div");
  body.className = "notice-body";
  body.textContent = text;
  notice.append(sign, body, dismissButton());
  document.getElementById("toasts")?.append(notice);
}

export function problem(text) {
  toast(text, { tone: "red", icon: "triangle-exclamation" });
}

function dismissButton() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "notice-close";
  button.dataset.dismiss = "";
  button.setAttribute("aria-label", words.dismiss);
  const sign = document.createElement("i");
  sign.className = "fa-solid fa-xmark";
  sign.setAttribute("aria-hidden", "true");
  button.append(sign);
  return button;
}

function leaveLater(notice) {
  if (notice.dataset.tone === "red" || notice.dataset.stay !== undefined) return;
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => notice.remove(), Number(notice.dataset.after) || READING_MS);
  };
  const hold = () => clearTimeout(timer);
  notice.addEventListener("pointerenter", hold);
  notice.addEventListener("focusin", hold);
  notice.addEventListener("pointerleave", wait);
  notice.addEventListener("focusout", wait);
  wait();
}

// A popover lies above open dialogs; showing it again puts it on top of a newer one.
function raise(region) {
  if (!("popover" in region)) return;
  region.popover = "manual";
  if (region.matches(":popover-open")) region.hidePopover();
  region.showPopover();
}

export function startToasts() {
  const region = document.getElementById("toasts");
  if (!region) return;
  region.querySelectorAll(".notice").forEach(leaveLater);
  raise(region);
  new MutationObserver((changes) => {
    if (document.querySelector("dialog[open]")) raise(region);
    for (const change of changes) {
      for (const node of change.addedNodes) {
        if (node instanceof Element && node.matches(".notice")) leaveLater(node);
      }
    }
  }).observe(region, { childList: true });
  region.addEventListener("click", (event) => {
    event.target.closest("[data-dismiss]")?.closest(".notice")?.remove();
  });
}
