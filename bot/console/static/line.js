// The line to the house: what is typed stays, a form waits while there is no line, and is carried out once (bot/once.py).
"use strict";
const Line = (() => {
const DRAFT = "inloop-draft-", SENT = "inloop-sent-";
const AGAIN = 4_000, PATIENCE = 4_000, SAID = 6_000; // milliseconds: between tries, for one try, for what is said
const told = document.getElementById("line");
let leaving = false, away = false;

// Drafts: typed words survive a reload, on this device only; gone once sent and at sign-out.
function drafts() {
  if (location.search.includes("done=")) sentForGood();
  for (const field of document.querySelectorAll("[data-draft]")) {
    const key = DRAFT + field.dataset.draft;
    if ("sent" in field.dataset) localStorage.removeItem(key);
    else if (!field.value) field.value = localStorage.getItem(key) ?? "";
    sameForm(field);
    field.addEventListener("input", () => (field.value ? localStorage.setItem(key, field.value) : localStorage.removeItem(key)));
  }
  if (document.querySelector("[data-forget-drafts]")) {
    for (const key of Object.keys(localStorage)) if (key.startsWith(DRAFT) || key.startsWith(SENT)) localStorage.removeItem(key);
  }
  if (location.search.includes("done=")) history.replaceState(null, "", location.pathname); // a reload says it not again
}

// What a form carried when it left, by draft: its answer may be lost on the way.
const left = (draft) => JSON.parse(localStorage.getItem(SENT + draft) ?? "{}");
const draftsOf = (form) => [...form.querySelectorAll("[data-draft]")];
function keep(form) {
  for (const field of draftsOf(form)) {
    const carried = { once: form.elements.once?.value, text: field.value, page: location.pathname };
    localStorage.setItem(SENT + field.dataset.draft, JSON.stringify(carried));
  }
}
function sameForm(field) { // the same words again, never answered: then it is the same form, which the house knows if it had it
  const { once, text } = left(field.dataset.draft);
  if (once && field.value && text === field.value && field.form.elements.once) field.form.elements.once.value = once;
}
function sentForGood() {
  for (const key of Object.keys(localStorage).filter((one) => one.startsWith(SENT))) {
    const draft = key.slice(SENT.length), { text, page } = left(draft);
    if (!page.startsWith(location.pathname)) continue;
    if (localStorage.getItem(DRAFT + draft) === text) localStorage.removeItem(DRAFT + draft);
    localStorage.removeItem(key);
  }
}

// Sending: first whether the house is there; a form that cannot leave stays as it is and says so.
const passed = new WeakSet(), asked = new WeakSet();
addEventListener("submit", async (event) => {
  const form = event.target, by = event.submitter;
  if (event.defaultPrevented) return;
  if (form.getAttribute("method") !== "post" || passed.has(form)) { leaving = true; return; } // a reload would cut it off
  event.preventDefault();
  if (asked.has(form)) return; // pressed twice
  asked.add(form);
  const there = await reached();
  asked.delete(form);
  if (!there) { gone("held"); return; }
  here();
  keep(form);
  passed.add(form);
  form.requestSubmit(by);
});
addEventListener("pageshow", (event) => {
  leaving = false;
  if (event.persisted) location.reload(); // a page out of the browser's memory is an old one
});

async function reached() {
  const signal = AbortSignal.timeout(PATIENCE);
  try { return (await fetch("/static/icon.svg", { method: "HEAD", cache: "no-store", signal })).ok; } catch { return false; }
}

// What is said of the line, at the top of the page and aloud.
let waits = 0;
function gone(what = "away") {
  if (!away || what === "held") say(what);
  away = true;
  clearTimeout(waits);
  waits = setTimeout(look, AGAIN);
}
function here() {
  if (!away || !navigator.onLine) return; // an answer from just before
  away = false;
  clearTimeout(waits);
  say("back");
  waits = setTimeout(() => say(""), SAID);
}
function say(what) {
  if (!told) return;
  const line = Object.assign(document.createElement("p"), { role: "status", textContent: told.dataset[what] });
  told.replaceChildren(...(what ? [line] : []));
  told.classList.toggle("away", what === "away" || what === "held");
}
async function look() { (await reached()) ? comeBack() : gone(); }
function comeBack() {
  here();
  dispatchEvent(new Event("line-back"));
}
addEventListener("offline", () => gone());
addEventListener("online", look);
drafts();

return { AGAIN, gone, here, get leaving() { return leaving; } };
})();
