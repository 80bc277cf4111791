// The console's script: live updates, countdown, SMS count, a look at typed Dutch. Everything works without it; static/line.js comes first.
"use strict";
document.documentElement.classList.add("script");

const ACTIVE = 5 * 60_000; // somebody who did nothing for this long is not on duty
let lastAct = Date.now();
for (const sign of ["pointerdown", "keydown", "scroll"]) addEventListener(sign, () => (lastAct = Date.now()), { passive: true });

// Live: one stream per browser. The tab that holds the lock reads it and tells the others.
const shown = document.querySelector("[data-live]");
const channel = "BroadcastChannel" in window ? new BroadcastChannel("inloop-live") : null;

function listen() {
  if (channel) channel.onmessage = () => refresh();
  if (window.EventSource && navigator.locks && channel) {
    navigator.locks.request("inloop-live", () => new Promise(follow));
    setInterval(refresh, 60_000); // minutes pass on the page too
  } else {
    setInterval(refresh, 5_000);
  }
  addEventListener("visibilitychange", () => document.hidden || refresh());
  addEventListener("line-back", refresh);
}

function follow() { // the browser comes back by itself after a broken line, not after an answer that is no stream
  const stream = new EventSource("/live"), all = () => { channel.postMessage(""); refresh(); };
  stream.addEventListener("changed", all);
  stream.onerror = () => {
    all();
    if (stream.readyState === EventSource.CLOSED) setTimeout(follow, Line.AGAIN);
  };
}

let busy = false, again = false;
async function refresh() {
  if (Line.leaving) return;
  if (busy) { again = true; return; }
  busy = true;
  try {
    const here = !document.hidden && Date.now() - lastAct < ACTIVE;
    const answer = await fetch(shown.dataset.live, { headers: here ? { "X-Inloop-Active": "1" } : {} });
    if (Line.leaving) return;
    if (answer.status > 501) { Line.gone(); return; } // a proxy without a house behind it
    Line.here();
    if (answer.redirected || answer.status === 403) { location.reload(); return; }
    if (answer.ok) put(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch { if (!Line.leaving) Line.gone(); } finally { busy = false; }
  if (again) { again = false; refresh(); }
}

function put(fresh) {
  if (Line.leaving) return;
  for (const part of fresh.body.children) {
    const held = document.getElementById(part.id);
    if (!held) continue;
    if (part.dataset.state !== held.dataset.state) { location.reload(); return; } // other buttons belong to it now
    if (part.getAttribute("role") === "log") merge(held, part);
    else if (plain(held) !== plain(part)) swap(held, part);
  }
}

const plain = (part) => part.innerHTML.replaceAll(/name="once" value="[^"]*"/g, ""); // another number each time is no news

function merge(held, part) { // only what is new is added, so that only that is read aloud
  const atEnd = held.scrollHeight - held.scrollTop - held.clientHeight < 60;
  const known = new Map([...held.children].map((row) => [row.id, row]));
  for (const row of [...part.children]) {
    const old = known.get(row.id);
    known.delete(row.id);
    if (!old) { row.classList.add("new"); held.append(row); }
    else if (plain(old) !== plain(row) && !playing(old)) old.replaceWith(row);
  }
  for (const gone of known.values()) gone.remove();
  if (atEnd) held.scrollTop = held.scrollHeight;
}

const playing = (row) => row.querySelector(".translation") || [...row.querySelectorAll("audio, video")].some((media) => !media.paused);

function swap(held, part) { // focus and opened folds stay
  const at = document.activeElement, link = held.contains(at) ? at.getAttribute("href") : null;
  const open = [...held.querySelectorAll("details")].map((fold) => fold.open);
  held.replaceChildren(...part.childNodes);
  held.querySelectorAll("details").forEach((fold, index) => (fold.open = open[index]));
  if (link) held.querySelector(`a[href="${CSS.escape(link).replaceAll("\\/", "/")}"]`)?.focus();
}

// WhatsApp's 24 hours, counted down.
function countdown() {
  for (const at of document.querySelectorAll("[data-until]")) {
    const minutes = Math.floor((new Date(at.dataset.until) - Date.now()) / 60_000);
    if (minutes < 0) { location.reload(); return; }
    const text = minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
    at.textContent = at.dataset.text.replace("{time}", text);
  }
}

// SMS parts: GSM 03.38 where every character is in it (those in EXTRA count twice), else UCS-2.
const GSM = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const EXTRA = new Set("\f^{}\\[~]|€");
function segments(text) {
  const odd = [...text].find((char) => !GSM.has(char) && !EXTRA.has(char));
  const sizes = odd ? [...text].map((char) => char.length) : [...text].map((char) => (EXTRA.has(char) ? 2 : 1));
  const [one, many] = odd ? [70, 67] : [160, 153];
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total <= one) return { total, parts: 1, odd };
  let parts = 1, filled = 0; // a character of two halves is not cut in two
  for (const size of sizes) { if (filled + size > many) { parts++; filled = 0; } filled += size; }
  return { total, parts, odd };
}
function dear(text, parts, say) { // names the few characters that make a text cost more; another script is no mistake
  const odd = [...text].filter((char) => !GSM.has(char) && !EXTRA.has(char));
  const without = segments([...text].map((char) => (odd.includes(char) ? "e" : char)).join("")).parts;
  if (without >= parts || odd.length > text.length / 5) return "";
  return ". " + say.odd.replace("{char}", [...new Set(odd)].slice(0, 4).join(" ")) + " " + say.less.replace("{parts}", without);
}
function count() {
  const told = document.querySelector("[data-segments]"), field = document.getElementById("text");
  if (!told || !field) return;
  const plain = told.textContent;
  const tell = () => {
    const { total, parts } = segments(field.value);
    const text = told.dataset.text.replace("{n}", total).replace("{parts}", parts);
    told.textContent = field.value ? text + dear(field.value, parts, told.dataset) : plain;
  };
  field.addEventListener("input", tell);
  tell();
}

function filters() {
  for (const field of document.querySelectorAll("[data-filter]")) {
    const rows = [...document.querySelectorAll(field.dataset.filter)], told = document.querySelector(field.dataset.found);
    const folds = [...new Set(rows.map((row) => row.closest("details")))], first = folds.map((fold) => fold.open);
    const said = rows.map((row) => folded([row.dataset.find, ...[...row.querySelectorAll("p")].map((line) => line.textContent)].join(" ")));
    field.addEventListener("input", () => {
      const wanted = folded(field.value).split(/\s+/).filter(Boolean);
      rows.forEach((row, index) => (row.hidden = !wanted.every((word) => said[index].includes(word))));
      folds.forEach((fold, index) => {
        fold.hidden = !fold.querySelector("li:not([hidden])");
        fold.open = wanted.length ? !fold.hidden : first[index];
      });
      told.textContent = wanted.length ? told.dataset.text.replace("{n}", rows.filter((row) => !row.hidden).length) : "";
    });
    field.addEventListener("keydown", (event) => { // Enter: to the first one found; it sends nothing
      if (event.key !== "Enter") return;
      event.preventDefault(); // or the same key press sends the form the focus goes to
      rows.find((row) => !row.hidden && row.closest("details").open)?.querySelector("input:not([type=hidden]), button").focus();
    });
  }
}
const folded = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

// A look at typed Dutch (bot/plain_dutch.py), asked when the typing pauses. It is said quietly and kept nowhere.
const PAUSE = 700, MOST = 5;
function looks() {
  const told = document.getElementById("check"), field = document.getElementById("text");
  if (!told || !field) return;
  let waits = 0, asked = 0;
  const look = async () => {
    const number = ++asked, text = field.value.trim();
    if (!text) { tell(told, []); return; }
    try {
      const body = new URLSearchParams({ mark: field.form.elements.mark.value, text, language: told.dataset.language });
      const answer = await fetch("/check", { method: "POST", body });
      const { findings } = answer.ok && !answer.redirected ? await answer.json() : { findings: [] };
      if (number === asked) tell(told, findings);
    } catch { /* away from the network: then without */ }
  };
  field.addEventListener("input", () => { clearTimeout(waits); waits = setTimeout(look, field.value ? PAUSE : 0); });
  if (field.value) look();
}
function tell(told, findings) { // only what changed is written, so that nothing is read aloud twice
  const lines = findings.slice(0, MOST).map(({ kind, found, suggestion }) =>
    told.dataset[suggestion ? "simpler" : kind].replace("{simpler}", () => suggestion).replace("{found}", () => short(found)));
  if ((told.dataset.said ?? "") === lines.join("\n")) return;
  told.dataset.said = lines.join("\n");
  const list = document.createElement("ul");
  for (const line of lines) list.append(Object.assign(document.createElement("li"), { textContent: line }));
  told.replaceChildren(...(lines.length ? [list] : []));
}
const short = (text) => (text.split(/\s+/).length > 7 ? text.split(/\s+/).slice(0, 7).join(" ") + " …" : text);

function copies() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = button.dataset.copied;
    });
  }
}

countdown();
setInterval(countdown, 20_000);
count();
filters();
copies();
looks();
const talk = document.getElementById("talk");
if (talk) { // opens at the last words, and keeps them in sight when the screen turns
  let atEnd = true, size = "";
  const sizeNow = () => `${talk.clientWidth} ${talk.clientHeight}`;
  // A turning screen scrolls too, before the observer hears of it: only a scroll at the known size is the reader's.
  talk.addEventListener("scroll", () => {
    if (size === sizeNow()) atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 60;
  }, { passive: true });
  new ResizeObserver(() => {
    size = sizeNow();
    if (atEnd) talk.scrollTop = talk.scrollHeight;
  }).observe(talk);
}
if (shown) listen();
