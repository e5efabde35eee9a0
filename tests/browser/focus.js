// What tests/browser/test_focus.py asks about the focus: where it is, and whether a person can see it there.
(() => {
  const REGIONS = [".skip-link", ".top-bar", "#menu", ".page-head", "form.filters", ".list-head", ".table-scroll", ".pager"];
  const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";

  // Whether one would hit some of it: nothing that sticks to an edge hides all of it (WCAG 2.4.11).
  function isInSight(element) {
    const box = element.getBoundingClientRect();
    const isHit = (x, y) => {
      const hit = document.elementFromPoint(x, y);
      return Boolean(hit) && (element.contains(hit) || Boolean(hit.closest("label")?.contains(element)));
    };
    const y = (Math.max(0, box.top) + Math.min(innerHeight, box.bottom)) / 2;
    return [0.1, 0.5, 0.9].some((share) => isHit(box.left + share * box.width, y));
  }

  // A frame later: by then the page has scrolled to it.
  async function at() {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    window.reached ??= [];
    const again = window.reached.includes(element);
    window.reached.push(element);
    const row = element.closest("tr");
    return {
      name: `${element.tagName} ${element.textContent.trim() || element.ariaLabel || element.name || element.id}`.replace(/\s+/g, " "),
      region: REGIONS.findIndex((each) => element.closest(each)),
      row: row ? [...row.closest("table").rows].indexOf(row) : -1,
      again,
      inSight: isInSight(element),
      ring: getComputedStyle(element).outlineStyle !== "none" || getComputedStyle(element).boxShadow !== "none",
    };
  }

  // What can be pressed but was not reached.
  function missed() {
    const shown = { visibilityProperty: true, opacityProperty: true };
    return [...document.querySelectorAll(FOCUSABLE)]
      .filter((each) => each.checkVisibility(shown) && each.tabIndex >= 0 && !each.disabled && !each.closest("[inert]"))
      .filter((each) => !(each.type === "radio" && !each.checked) && !window.reached?.includes(each))
      .map((each) => each.outerHTML.slice(0, 120));
  }

  window.focusNow = { at, missed };
})();
