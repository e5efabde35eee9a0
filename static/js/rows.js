// Expanding rows, and buttons that are off but still say why.
export function startRows() {
  document.addEventListener(
    "click",
    (event) => {
      const off = event.target.closest('[aria-disabled="true"]');
      if (!off) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { capture: true },
  );
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-expand]");
    if (!button) return;
    const detail = document.getElementById(button.getAttribute("aria-controls"));
    if (!detail) return;
    event.preventDefault(); // without scripts it is a link that opens the row
    detail.hidden = !detail.hidden;
    button.setAttribute("aria-expanded", String(!detail.hidden));
  });
}
