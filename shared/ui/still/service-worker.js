// Keeps the watchdog page, and nothing else, for the time when the terminal's own program is away and somebody loads the page.
const KEPT = 'still';
const WATCHDOG = '/still/watchdog.html';
const FILES = [WATCHDOG, '/still/watchdog.js', '/still/still.css', '/tokens.css', '/marquee.css'];

const keep = async () =>
  (await caches.open(KEPT)).addAll(FILES.map((file) => new Request(file, { cache: 'reload' })));
// A program that hangs takes connections and never answers: after this long it counts as away. What is kept anyway need not be waited for.
const PAGE_MS = 5000;
const KEPT_MS = 1000;
const ask = (request, patience) => fetch(request, { signal: AbortSignal.timeout(patience) });
const kept = async (path) => (await (await caches.open(KEPT)).match(path)) ?? Response.error();

self.addEventListener('install', (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});
self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});
self.addEventListener('fetch', (event) => {
  const { pathname } = new URL(event.request.url);
  if (FILES.includes(pathname)) event.respondWith(ask(event.request, KEPT_MS).catch(() => kept(pathname)));
  else if (event.request.mode === 'navigate')
    event.respondWith(ask(event.request, PAGE_MS).catch(() => Response.redirect(WATCHDOG)));
});
