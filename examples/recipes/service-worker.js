// Keeps the app's own files, and lets everything else pass as if it were not there.
const CACHE = "app-1";
/** The session's and the API's: AUTH_PREFIX and the prefixes of PROXY_ROUTES. */
const NOT_OURS = /^\/(auth|api)(\/|$)/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  // Whoever does not call respondWith leaves the request to the browser: writes, sign-in, calls, event streams.
  // Upgrades to WebSockets never come here.
  if (request.method !== "GET" || origin !== self.location.origin || NOT_OURS.test(pathname)) return;
  event.respondWith(fromNetworkOrCache(request));
});

/** The network's answer; without a network what was kept, and the app's page for any of its addresses. */
async function fromNetworkOrCache(request) {
  const cache = await caches.open(CACHE);
  const key = request.mode === "navigate" ? "/" : request;
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(key, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(key);
    if (kept) return kept;
    throw error;
  }
}
