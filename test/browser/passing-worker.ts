/** The worker of many an app: it passes on whatever it has not kept. */
export const WORKER = `
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => event.respondWith(fetch(event.request)));
`;

/** Resolves once the page's requests go through the worker. */
export const REGISTER = `(async () => {
  const { serviceWorker } = navigator;
  const controlled = new Promise((resolve) => serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
  await serviceWorker.register("/worker.js");
  if (!serviceWorker.controller) await controlled;
})()`;
