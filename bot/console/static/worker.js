// The service worker: shows that somebody waits (WORDS comes from /worker.js), and opens the queue. It keeps nothing.
"use strict";
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let kind = "";
  try { kind = event.data.json().kind; } catch { /* then it says only that there is something */ }
  const urgent = kind.startsWith("urgent");
  const shown = { body: WORDS[kind] ?? WORDS.news, tag: kind, icon: "/static/icon.svg", renotify: urgent, requireInteraction: urgent };
  event.waitUntil(self.registration.showNotification(WORDS.title, shown));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil((async () => {
    const open = await self.clients.matchAll({ type: "window" });
    const here = open.find((page) => new URL(page.url).pathname === "/queue");
    return here ? here.focus() : self.clients.openWindow("/queue");
  })());
});
