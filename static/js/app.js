// The installed app: the service worker, its updates, and signing out in every tab at once.
(() => {
  "use strict";
  const workers = navigator.serviceWorker;
  const bar = document.querySelector("[data-update]");
  let asked = false;  // this tab wants the new version; others keep what they show until they are asked themselves

  function offer(worker) {
    if (!bar || !workers.controller) return;
    bar.hidden = false;
    bar.querySelector("button").onclick = () => {
      asked = true;
      worker.postMessage("update");
    };
  }

  async function register() {
    const registration = await workers.register("/sw.js", { scope: "/" });
    if (registration.waiting) offer(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker.addEventListener("statechange", () => { if (worker.state === "installed") offer(worker); });
    });
  }

  if (workers) {
    workers.addEventListener("controllerchange", () => { if (asked) location.reload(); });
    // After the page: it must not wait for files that are for later.
    if (document.readyState === "complete") register().catch(() => {});
    else window.addEventListener("load", () => register().catch(() => {}));
  }

  // A page that is shown to nobody in particular says so: the session is over for every tab of this browser.
  const session = new BroadcastChannel("session");
  const { signed, signIn } = document.body.dataset;
  if (signed === "out") {
    session.postMessage("signout");
    workers?.ready.then((registration) => registration.active.postMessage("signout"));
  } else if (signed === "in" && signIn) {
    session.onmessage = () => location.assign(signIn);
  }

  // Back on line: asks for the address again; never sends a form a second time.
  async function retry() {
    try {
      if (!document.hidden && (await fetch("/offline/", { cache: "no-store", credentials: "omit" })).ok) location.assign(location.href);
    } catch { /* still offline */ }
  }
  if (document.querySelector("[data-offline]")) {
    window.addEventListener("online", retry);
    setInterval(retry, 3000);
  }
})();
