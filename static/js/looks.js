// A list's look: columns move in place, Shift-click sorts by one more, the address says all of what one sees.
const MOST_SORTS = 3;

// The server has kept what the address does not say; a link to it shall show a colleague the same.
function sayAll() {
  const address = document.getElementById("list")?.dataset.address;
  if (!address || address === location.search) return;
  history.replaceState(history.state, "", address + location.hash);
}

function move(button) {
  const item = button.closest("li");
  const isUp = button.dataset.move === "up";
  const other = isUp ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (isUp) other.before(item);
  else other.after(item);
  button.focus();
}

// From "not sorted by it" over upwards to downwards, behind what the list is sorted by already.
function withSort(link) {
  const name = link.id.replace(/^sort-/, "");
  const order = (document.getElementById("list")?.dataset.order ?? "").split(",").filter(Boolean);
  const place = order.findIndex((each) => each.replace(/^-/, "") === name);
  if (place < 0) order.push(name);
  else order[place] = order[place].startsWith("-") ? name : `-${name}`;
  const params = new URLSearchParams(location.search);
  params.delete("sort");
  params.delete("page");
  for (const each of order.slice(-MOST_SORTS)) params.append("sort", each);
  return `${location.pathname}?${params}`;
}

function clicked(event) {
  const button = event.target.closest("[data-columns] [data-move]");
  if (button) {
    event.preventDefault();
    move(button);
    return;
  }
  const link = event.target.closest("th a.sort");
  if (!link || !event.shiftKey) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const list = "#list";
  htmx.ajax("GET", withSort(link), { source: link, target: list, select: list, swap: "outerHTML", push: withSort(link) });
}

export function startLooks() {
  document.addEventListener("click", clicked, { capture: true });
  document.addEventListener("htmx:afterSettle", sayAll);
  sayAll();
}
