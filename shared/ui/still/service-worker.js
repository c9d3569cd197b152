// Keeps the watchdog page, and nothing else, for the time when the terminal's own program is away and somebody loads the page.
const KEPT = 'still';
const WATCHDOG = '/still/watchdog.html';
const FILES = [WATCHDOG, '/still/watchdog.js', '/still/still.css', '/tokens.css', '/marquee.css'];

const keep = async () =>
  (await caches.open(KEPT)).addAll(FILES.map((file) => new Request(file, { cache: 'reload' })));
const kept = async (path) => (await (await caches.open(KEPT)).match(path)) ?? Response.error();

self.addEventListener('install', (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});
self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});
self.addEventListener('fetch', (event) => {
  const { pathname } = new URL(event.request.url);
  if (FILES.includes(pathname)) event.respondWith(fetch(event.request).catch(() => kept(pathname)));
  else if (event.request.mode === 'navigate')
    event.respondWith(fetch(event.request).catch(() => Response.redirect(WATCHDOG)));
});
