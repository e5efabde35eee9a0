// What tests/browser/looking.py asks of a page as it stands: `faults` of each kind, in words.
(() => {
  const HTML = 200;
  const cut = (element) => element.outerHTML.slice(0, HTML);

  const RULES = {
    all: { resultTypes: ["violations"] },
    colours: { runOnly: ["color-contrast", "link-in-text-block"], resultTypes: ["violations"] },
  };

  // What axe finds by these of its rules in a part of the page.
  async function axeFaults(place, rules) {
    const found = await axe.run(place, RULES[rules]);
    return found.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.length}x ${nodes[0].html.slice(0, HTML)} ${nodes[0].failureSummary}`,
    );
  }

  // WCAG 1.4.10: nothing is wider than the window, but for tables that scroll by themselves.
  function tooWide() {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.body.querySelectorAll("*")].filter(
      (each) => each.getBoundingClientRect().right > clientWidth + 1,
    );
    return [`${scrollWidth} px: ${wide.slice(0, 3).map(cut).join(" | ")}`];
  }

  // WCAG 2.5.8: 24 px, unless in a sentence, or with enough room around.
  function tooSmall() {
    const shown = { visibilityProperty: true, opacityProperty: true };
    const boxes = [...document.querySelectorAll("button, summary, input, select, a")]
      .filter((each) => each.checkVisibility(shown) && getComputedStyle(each).display !== "inline")
      .map((each) => ({ each, box: each.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 1 && box.height > 1);
    const between = (one, other) =>
      Math.hypot(
        one.left + one.width / 2 - other.left - other.width / 2,
        one.top + one.height / 2 - other.top - other.height / 2,
      );
    return boxes
      .filter(({ each, box }) => (box.width < 24 || box.height < 24) && !each.closest("label"))
      .filter(({ each, box }) =>
        boxes.some((other) => other.each !== each && between(box, other.box) < 24),
      )
      .map(({ each, box }) => `${Math.round(box.width)} by ${Math.round(box.height)} px: ${cut(each)}`);
  }

  window.faults = { axeFaults, tooWide, tooSmall };
})();
