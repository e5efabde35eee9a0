// Rows that are about to be replaced go at once: htmx would tell each of their elements that it leaves, and look each up again.
export function startLists() {
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { shouldSwap, target } = event.detail;
    if (!shouldSwap || target?.id !== "list") return;
    for (const rows of target.querySelectorAll(".table-scroll tbody")) {
      // Who stands on a row stays there when it comes again.
      if (!rows.contains(document.activeElement)) rows.remove();
    }
  });
}
