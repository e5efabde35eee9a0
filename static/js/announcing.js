// Says to people who listen what a filter, a sort or a page has brought. What live patches change is not said: it would never be quiet.
const TOLD = ".pager-where, .empty-title";

export function startAnnouncing() {
  const said = document.createElement("p");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  document.body.append(said);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "list") return;
    const text = event.target.querySelector(TOLD)?.textContent.trim().replace(/\s+/g, " ") ?? "";
    if (said.textContent !== text) said.textContent = text;
  });
}
