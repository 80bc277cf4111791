// A voice message recorded in the browser: it becomes the file of the form, which is sent as any other. Without a microphone a file is chosen.
"use strict";
(() => {
const form = document.getElementById("voice");
if (!form || !window.MediaRecorder || !navigator.mediaDevices?.getUserMedia) return;
const say = form.dataset, told = form.querySelector("[data-told]"), sound = form.querySelector("audio");
const record = form.querySelector("[data-record]"), stop = form.querySelector("[data-stop]"), file = form.elements.file;
const KINDS = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
let recorder = null, ticking = 0;
form.querySelector("[data-recorder]").hidden = false;

record.addEventListener("click", async () => {
  let stream;
  try { stream = await navigator.mediaDevices.getUserMedia({ audio: true }); } catch { told.textContent = say.none; return; }
  const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind)), parts = [];
  recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: 32_000 });
  recorder.addEventListener("dataavailable", (event) => { if (event.data.size) parts.push(event.data); });
  recorder.addEventListener("stop", () => {
    for (const track of stream.getTracks()) track.stop();
    clearInterval(ticking);
    keep(new Blob(parts, { type: recorder.mimeType.split(";")[0] }));
    record.hidden = false;
    stop.hidden = true;
    record.focus();
  });
  recorder.start(1000);
  record.hidden = true;
  stop.hidden = false;
  stop.focus();
  count(Date.now());
});
stop.addEventListener("click", () => recorder?.state === "recording" && recorder.stop());

function count(began) { // the clock is seen, not read aloud every second
  let full = false;
  const tick = () => {
    const gone = Math.floor((Date.now() - began) / 1000), longest = Number(say.seconds);
    const time = `${Math.floor(gone / 60)}:${String(gone % 60).padStart(2, "0")} / ${Math.floor(longest / 60)}:${String(longest % 60).padStart(2, "0")}`;
    stop.title = time;
    clock.textContent = say.records.replace("{time}", time);
    if (gone >= longest && !full) { full = true; recorder.stop(); }
  };
  tick();
  ticking = setInterval(tick, 500);
}
const clock = Object.assign(document.createElement("span"), { className: "hint" });
clock.setAttribute("aria-hidden", "true");
stop.after(clock);

function keep(blob) {
  const ending = { "audio/mp4": "m4a", "audio/ogg": "ogg" }[blob.type] ?? "webm", held = new DataTransfer();
  held.items.add(new File([blob], `voice.${ending}`, { type: blob.type }));
  file.files = held.files;
  clock.textContent = "";
  listen();
}
function listen() {
  if (sound.src) URL.revokeObjectURL(sound.src);
  const chosen = file.files[0];
  file.setCustomValidity(chosen && chosen.size > Number(say.bytes) ? say.large : "");
  sound.hidden = !chosen;
  if (chosen) sound.src = URL.createObjectURL(chosen);
  told.textContent = chosen ? say.ready : "";
}
file.addEventListener("change", listen);
})();
