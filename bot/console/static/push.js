// Notices in this browser, on or off (the account page). Without script the page says so.
"use strict";
const knock = document.querySelector("[data-push]");
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));

async function send(path, values) {
  const answer = await fetch(path, { method: "POST", body: new URLSearchParams({ mark: knock.dataset.mark, ...values }) });
  if (!answer.ok || answer.redirected) throw new Error("refused");
}

async function held() {
  const worker = await navigator.serviceWorker.getRegistration("/");
  return worker ? worker.pushManager.getSubscription() : null;
}

async function on() {
  await navigator.serviceWorker.register(`/worker.js?language=${document.documentElement.lang}`, { scope: "/" });
  const worker = await navigator.serviceWorker.ready;
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(knock.dataset.key) });
  await send("/account/push", { subscription: JSON.stringify(made) });
}

async function off() {
  const made = await held();
  if (!made) return;
  await send("/account/push/off", { endpoint: made.endpoint });
  await made.unsubscribe();
}

if (knock && "serviceWorker" in navigator && "PushManager" in window) {
  const [start, stop, said] = ["on", "off", "said"].map((name) => knock.querySelector(`[data-push-${name}]`));
  document.querySelector("[data-push-cannot]").remove();
  held().then((made) => { start.hidden = Boolean(made); stop.hidden = !made; });
  for (const [button, act] of [[start, on], [stop, off]]) {
    button.addEventListener("click", async () => {
      button.disabled = true;
      try { await act(); location.reload(); } catch { said.textContent = knock.dataset.refused; button.disabled = false; }
    });
  }
}
