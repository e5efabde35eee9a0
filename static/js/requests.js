// What goes wrong with an htmx request is said in a sentence; a lost sign-in leads to the sign-in page.
import { problem } from "./toasts.js";
import { words } from "./words.js";

function isSignIn(url) {
  const signIn = document.body.dataset.signIn;
  return Boolean(signIn && url) && new URL(url, location.href).pathname === signIn;
}

export function startRequests() {
  document.addEventListener("htmx:beforeSwap", (event) => {
    // The redirect to the sign-in page was followed: its form must not land inside a table.
    if (isSignIn(event.detail.xhr.responseURL)) {
      event.detail.shouldSwap = false;
      const next = encodeURIComponent(location.pathname + location.search);
      location.assign(`${document.body.dataset.signIn}?next=${next}`);
    }
  });
  document.addEventListener("htmx:responseError", (event) => {
    problem(words.sentence(event.detail.xhr.status));
  });
  for (const lost of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(lost, () => problem(words.offline));
  }
}
