// `<form data-upload>` says how much of its file is sent; without scripts the browser sends it in silence.
import { words } from "./words.js";
import { problem } from "./toasts.js";

function send(form) {
  const box = form.querySelector("[data-upload-progress]");
  const bar = box.querySelector("progress");
  const line = box.querySelector("[data-upload-words]");
  const button = form.querySelector("button[type=submit]");
  const request = new XMLHttpRequest();

  const rest = () => {
    button.disabled = false;
    box.hidden = true;
  };
  const fail = (sentence) => {
    rest();
    problem(sentence);
  };
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    const percent = Math.floor((event.loaded * 100) / event.total);
    bar.value = percent;
    line.textContent = percent < 100 ? `${percent} % ${line.dataset.sending}` : line.dataset.reading;
  });
  request.addEventListener("load", () => {
    if (request.status === 201) location.assign(request.getResponseHeader("Location"));
    else if (request.status === 200) showAgain(form, request.responseText);
    else fail(words.sentence(request.status));
  });
  request.addEventListener("error", () => fail(words.offline));
  request.addEventListener("abort", rest);
  request.open("POST", form.action);
  request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
  button.disabled = true;
  bar.value = 0;
  box.hidden = false;
  request.send(new FormData(form));
}

// The answer's form with what is wrong, and the file that was chosen: nobody has to find it again.
function showAgain(form, html) {
  const answer = new DOMParser().parseFromString(html, "text/html").querySelector("form[data-upload]");
  const fresh = document.importNode(answer, true);
  for (const input of fresh.querySelectorAll("input[type=file]")) {
    input.files = form.querySelector(`input[name="${CSS.escape(input.name)}"]`).files;
  }
  form.replaceWith(fresh);
  (fresh.querySelector("[aria-invalid=true]") ?? fresh.querySelector("input:not([type=hidden])"))?.focus();
}

export function startUploads() {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-upload]");
    const files = form ? [...form.querySelectorAll("input[type=file]")] : [];
    if (event.defaultPrevented || !files.some((input) => input.files.length)) return;
    event.preventDefault();
    send(form);
  });
}
