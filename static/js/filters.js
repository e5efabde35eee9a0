// Filter forms answer while one types, and follow the address when it changes (sort, chips, pages).
const TYPING_MS = 350;
const KEPT = ["sort", "per_page", "columns", "density"]; // belong to the table, not to the filters

function send(form) {
  form.requestSubmit();
}

function dropEmpty(event) {
  const { elt, parameters } = event.detail;
  if (!elt.matches?.("form[data-filters]")) return;
  for (const [name, value] of Object.entries(parameters)) {
    if (value === "" || value === null) delete parameters[name];
  }
  // The form was written before the list was sorted in place: the address knows.
  const address = new URLSearchParams(location.search);
  for (const name of KEPT) {
    parameters.delete(name);
    for (const value of address.getAll(name)) parameters.append(name, value);
  }
}

// Where an address that filters nothing means one of the choices, and not just any.
function unsaid(field, params) {
  if (field.dataset.usual === undefined) return "";
  const filters = [...field.form.elements].filter((each) => each.name && each.dataset.kept === undefined);
  return filters.some((each) => params.get(each.name)) ? field.value : field.dataset.usual;
}

function followAddress() {
  const params = new URLSearchParams(location.search);
  for (const form of document.querySelectorAll("form[data-filters]")) {
    for (const field of form.elements) {
      if (!field.name || field.dataset.kept !== undefined || field === document.activeElement) continue;
      const values = params.getAll(field.name);
      if (field.type === "checkbox" || field.type === "radio") {
        field.checked = values.includes(field.value);
      } else if (field.type === "select-multiple") {
        for (const option of field.options) option.selected = values.includes(option.value);
      } else if (field.type !== "submit") {
        field.value = values[0] ?? unsaid(field, params);
      }
    }
  }
}

export function startFilters() {
  let timer;
  const later = (event) => {
    const form = event.target.closest("form[data-filters]");
    if (!form) return;
    clearTimeout(timer);
    timer = setTimeout(send, event.type === "change" ? 0 : TYPING_MS, form);
  };
  document.addEventListener("input", (event) => {
    if (event.target.matches("input:not([type=checkbox], [type=radio])")) later(event);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("select, [type=checkbox], [type=radio]")) later(event);
  });
  document.addEventListener("submit", () => clearTimeout(timer), { capture: true });
  document.addEventListener("htmx:configRequest", dropEmpty);
  document.addEventListener("htmx:pushedIntoHistory", followAddress);
}
