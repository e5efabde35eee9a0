// A `title` as a tip that also shows on keyboard focus and above scrolling tables.
const GAP = 6;
let tip;
let owner;

function show(target) {
  if (owner === target) return;
  hide();
  owner = target;
  tip.textContent = target.title;
  target.dataset.tip = target.title;
  target.title = ""; // or the browser shows its own on top
  tip.showPopover();
  const box = target.getBoundingClientRect();
  const size = tip.getBoundingClientRect();
  const above = box.top - size.height - GAP;
  const left = box.left + box.width / 2 - size.width / 2;
  tip.style.top = `${above > 0 ? above : box.bottom + GAP}px`;
  tip.style.left = `${Math.max(GAP, Math.min(left, innerWidth - size.width - GAP))}px`;
}

function hide() {
  if (!owner) return;
  if (!owner.title) owner.title = owner.dataset.tip;
  delete owner.dataset.tip;
  owner = undefined;
  tip.hidePopover();
}

export function startTips() {
  tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("aria-hidden", "true"); // what it says is in the element's own label
  if (!("popover" in tip)) return;
  tip.popover = "manual";
  document.body.append(tip);
  const find = (event) => event.target instanceof Element && event.target.closest("[title], [data-tip]");
  document.addEventListener("pointerover", (event) => {
    const target = find(event);
    if (target && (target.title || target === owner)) show(target);
    else hide();
  });
  document.addEventListener("focusin", (event) => {
    const target = find(event);
    if (target?.title && target.matches(":focus-visible")) show(target);
  });
  document.addEventListener("focusout", hide);
  document.addEventListener("pointerdown", hide);
  document.addEventListener("scroll", hide, { capture: true, passive: true });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
}
