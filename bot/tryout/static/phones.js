// Draws the phones as one stream of events tells them, and says what a thumb does. No library.
"use strict";

const say = JSON.parse(document.getElementById("say")?.textContent ?? "{}");
const sections = new Map([...document.querySelectorAll("[data-phone]")].map((one) => [one.dataset.phone, one]));
const away = document.getElementById("away");

async function act(name, what) {
  try {
    const answer = await fetch(`/phones/${name}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(what),
    });
    away.textContent = answer.ok ? "" : away.dataset.failed;
    return answer.ok;
  } catch {
    away.textContent = away.dataset.away;
    return false;
  }
}

function content(bubble) {
  if (bubble.kind === "voice" && bubble.source) {
    const sound = Object.assign(document.createElement("audio"), { controls: true, preload: "metadata", src: bubble.source });
    sound.setAttribute("aria-label", say.voice);
    return sound;
  }
  if (bubble.kind === "photo") return Object.assign(document.createElement("img"), { src: bubble.source, alt: say.photo, width: 240, height: 160 });
  return null;
}

function buttons(name, bubble) {
  const row = document.createElement("div");
  row.className = "buttons";
  for (const one of bubble.buttons) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: one.label, dir: "auto" });
    button.addEventListener("click", () => act(name, { do: "tap", bubble: bubble.id, choice: one.id }));
    row.append(button);
  }
  return row;
}

function draw(name, bubble) {
  const item = document.getElementById("bubble").content.firstElementChild.cloneNode(true);
  item.dataset.id = bubble.id;
  item.classList.toggle("mine", bubble.mine);
  item.querySelector(".who").textContent = `${bubble.mine ? say.you : say.desk}: `;
  item.querySelector(".text").textContent = bubble.text || (bubble.kind === "location" ? say.location : "");
  const time = item.querySelector("time");
  time.dateTime = bubble.at;
  time.textContent = new Date(bubble.at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  const extra = content(bubble);
  if (extra) item.querySelector(".text").before(extra);
  if (bubble.buttons.length) item.querySelector("time").before(buttons(name, bubble));
  mark(item, bubble);
  return item;
}

function mark(item, bubble) {
  item.classList.toggle("late", bubble.state === "late");
  const words = bubble.automatic ? say.carrier : say[bubble.state] ?? "";
  const state = item.querySelector(".state");
  if (state.textContent !== words) state.textContent = words;
}

function show(phone) {
  const section = sections.get(phone.name);
  if (!section) return;
  const talk = section.querySelector(".talk");
  if (talk.dataset.person !== phone.person) {
    talk.replaceChildren();
    talk.dataset.person = phone.person;
    section.querySelector(".person").textContent = phone.person;
  }
  const drawn = new Map([...talk.children].map((item) => [item.dataset.id, item]));
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80;
  let fresh = 0;
  for (const bubble of phone.bubbles) {
    if (drawn.has(bubble.id)) { mark(drawn.get(bubble.id), bubble); continue; }
    talk.append(draw(phone.name, bubble));
    fresh += bubble.mine ? 0 : 1;
  }
  if (atEnd || fresh) talk.scrollTop = talk.scrollHeight;
  const start = section.querySelector(".start");
  if (start) start.hidden = phone.bubbles.length > 0;
  if (fresh && !section.classList.contains("shown")) count(phone.name, fresh);
}

function count(name, fresh) {
  const badge = document.querySelector(`[data-shows="${name}"] .new`);
  badge.textContent = String(Number(badge.textContent || 0) + fresh);
  badge.hidden = false;
}

for (const tab of document.querySelectorAll("[data-shows]")) {
  tab.addEventListener("click", () => {
    for (const other of document.querySelectorAll("[data-shows]")) other.removeAttribute("aria-current");
    tab.setAttribute("aria-current", "true");
    for (const [name, section] of sections) section.classList.toggle("shown", name === tab.dataset.shows);
    Object.assign(tab.querySelector(".new"), { textContent: "", hidden: true });
    const talk = sections.get(tab.dataset.shows).querySelector(".talk");
    talk.scrollTop = talk.scrollHeight;
  });
}

// A screen that turns or shrinks keeps the last words in sight, if they were.
for (const talk of document.querySelectorAll(".talk")) {
  let atEnd = true;
  talk.addEventListener("scroll", () => { atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80; }, { passive: true });
  new ResizeObserver(() => { if (atEnd) talk.scrollTop = talk.scrollHeight; }).observe(talk);
}

for (const [name, section] of sections) {
  const typing = section.querySelector(".typing"), box = typing.querySelector("textarea");
  typing.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = box.value;
    if (!text.trim()) return;
    box.value = "";
    if (!(await act(name, { do: "write", text }))) box.value = box.value || text;
    box.focus();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); typing.requestSubmit(); }
  });
  for (const button of section.querySelectorAll("[data-do]")) button.addEventListener("click", () => act(name, { do: button.dataset.do }));
  section.querySelector(".new-person").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target, code = form.code.value.trim(), language = form.language.value;
    if (!(await act(name, { do: "new", language, code }))) return;
    // A link fills the typing box on WhatsApp and SMS; Telegram has a start button.
    const hello = form.language.selectedOptions[0].dataset.hello;
    box.value = name === "telegram" ? "" : code ? `${hello} (${code})` : hello;
    form.closest("details").open = false;
    (name === "telegram" ? section.querySelector(".start") : box).focus();
  });
}

if (sections.size) {
  const events = new EventSource("/events");
  events.onmessage = (event) => { away.textContent = ""; show(JSON.parse(event.data)); };
  events.onerror = () => { away.textContent = away.dataset.away; };
}
