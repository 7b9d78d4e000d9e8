// The service worker. SHELL (version, offline page, files) is written in front of this by apps/dashboard/installable.py.
// It keeps public files and one page without figures; what a user was shown is never stored, so nothing private stays behind.
const CACHE = `shell-${SHELL.version}`;
const HASHED = /\.[0-9a-f]{12}\.[a-z0-9]+$/;  // names that change with their content

async function keep(cache, url) {
  const answer = await fetch(url, { credentials: "omit", cache: "reload" });
  const control = answer.headers.get("Cache-Control") || "";
  if (!answer.ok || answer.redirected || control.includes("no-store")) throw new Error(`${url} cannot be kept`);
  await cache.put(url, answer);
}

async function install() {
  const cache = await caches.open(CACHE);
  await Promise.all(SHELL.files.map((url) => keep(cache, url)));
}

async function dropOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
}

async function file(request) {
  const kept = await caches.match(request, { cacheName: CACHE, ignoreVary: true });
  if (kept) return kept;
  const url = new URL(request.url);
  if (HASHED.test(url.pathname)) {
    const cache = await caches.open(CACHE);
    await keep(cache, url.href);
    return cache.match(url.href, { ignoreVary: true });
  }
  return fetch(request);
}

async function page(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(SHELL.offline, { cacheName: CACHE, ignoreVary: true })) || Response.error();
  }
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(dropOthers().then(() => self.clients.claim())));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (request.method === "GET" && SHELL.files.includes(url.pathname) && url.pathname !== SHELL.offline) event.respondWith(file(request));
  else if (request.method === "GET" && HASHED.test(url.pathname)) event.respondWith(file(request));
});

self.addEventListener("message", (event) => {
  if (event.data === "update") self.skipWaiting();
  if (event.data === "signout") event.waitUntil(dropOthers());
});
