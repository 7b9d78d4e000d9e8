// Live values, fragments and bars over one socket; polling when there is none. Message formats: apps/dashboard/frames.py.
(() => {
  "use strict";
  const body = document.body;
  const STALE = 10_000;       // ms without a message
  const POLL = 15_000;        // ms between polls while there is no socket
  const LOST = 3;             // failed attempts after which it is worth a message
  const REST = 2_000;         // ms between two refreshes of one fragment
  const badge = document.querySelector("[data-connection]");
  let watched = document.querySelector("[data-watch]")?.dataset.watch;  // product whose book the page shows
  let socket = null;
  let failures = 0;
  let sequence = 0;
  let heard = 0;              // when the last message came
  let marketAge = null;       // seconds since the market's last event, as the server counts them
  let paused = (sessionStorage.getItem("paused") || (document.documentElement.dataset.updates ? "1" : "0")) === "1";
  let poll = 0;
  let retry = 0;
  let leaving = false;        // a form was sent, perhaps the one that signs out: its answer says where to go
  const values = new Map();
  const refreshing = new WeakMap();

  // --- values ---
  function take(entries) {
    if (paused) return;
    if (!values.size) requestAnimationFrame(paint);
    for (const [key, text, tone] of entries) values.set(key, [text, tone]);
  }

  function paint() {
    for (const [key, [text, tone]] of values) {
      for (const node of document.querySelectorAll(`[data-v="${CSS.escape(key)}"]`)) {
        if (node.textContent === text) continue;
        node.textContent = text;
        node.classList.remove("up", "down", "unknown", "tick");
        if (tone) node.classList.add(tone);
        if (key !== "market.time") requestAnimationFrame(() => node.classList.add("tick"));
      }
    }
    values.clear();
  }

  // --- fragments ---
  function morph(from, to) {
    if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName || from.id !== to.id) {
      from.replaceWith(to);
      return;
    }
    if (from.nodeType !== Node.ELEMENT_NODE) {
      if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
      return;
    }
    for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && name !== "open") from.removeAttribute(name);
    for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
    morphChildren(from, to);
  }

  // What has an id stays itself when rows come and go: a ticked box must not become another row's.
  function morphChildren(from, to) {
    const count = to.childNodes.length;
    const coming = new Set([...to.children].map((node) => node.id));
    for (const child of [...from.children]) {
      if (!child.id || coming.has(child.id)) continue;
      if (child.nextSibling?.nodeType === Node.TEXT_NODE) child.nextSibling.remove();
      child.remove();
    }
    const known = new Map([...from.children].filter((node) => node.id).map((node) => [node.id, node]));
    [...to.childNodes].forEach((node, index) => {
      const here = from.childNodes[index];
      const kept = known.get(node.id);
      if (kept && kept !== here) from.insertBefore(kept, here);
      if (kept) morph(kept, node);
      else if (!here) from.append(node);
      else if (node.id || known.has(here.id)) from.insertBefore(node, here);
      else morph(here, node);
    });
    while (from.childNodes.length > count) from.lastChild.remove();
  }

  async function refresh(place) {
    const state = refreshing.get(place) || { due: 0, busy: false, again: false, etag: "" };
    refreshing.set(place, state);
    if (state.busy || Date.now() < state.due) {
      if (!state.again) {
        state.again = true;
        setTimeout(() => { state.again = false; refresh(place); }, Math.max(50, state.due - Date.now()));
      }
      return;
    }
    if (paused || !place.isConnected) return;
    state.busy = true;
    try {
      const answer = await fetch(place.dataset.fragment, { headers: state.etag ? { "If-None-Match": state.etag } : {} });
      if (answer.redirected || answer.status === 401) location.assign(body.dataset.signIn);
      else if (answer.ok) {
        state.etag = answer.headers.get("ETag") || "";
        const fresh = document.createElement("template");
        fresh.innerHTML = await answer.text();
        morphChildren(place, fresh.content);
        place.dispatchEvent(new CustomEvent("refreshed", { bubbles: true }));
      }
    } catch { /* the next hint, poll or reconnect asks again */ }
    state.busy = false;
    state.due = Date.now() + REST;
  }

  function refreshKeys(keys) {
    for (const place of document.querySelectorAll("[data-fragment]")) {
      if (place.dataset.keys.split(" ").some((key) => keys.includes(key))) refresh(place);
    }
  }

  function refreshFragments() {
    document.querySelectorAll("[data-fragment]").forEach(refresh);
  }

  function resync() {
    document.dispatchEvent(new CustomEvent("resync"));
  }

  function refreshAll() {
    refreshFragments();
    resync();
  }

  // --- connection ---
  function show() {
    const quiet = Date.now() - heard;
    const silent = heard ? Math.round(quiet / 1000) : 0;
    let state = "live";
    let words = "live";
    if (paused) [state, words] = ["stale", "paused"];
    else if (!socket || socket.readyState !== WebSocket.OPEN) [state, words] = ["offline", "offline"];
    else if (quiet > STALE) [state, words] = ["stale", `${silent} s old`];
    else if (marketAge !== null) [state, words] = ["stale", `${marketAge} s old`];
    badge.dataset.state = state;
    badge.querySelector("span").textContent = words;
    body.classList.toggle("stale", state !== "live");
    body.classList.toggle("paused", paused);
  }

  const handlers = {
    v: (message) => take(message.d),
    inv: (message) => refreshKeys(message.k),
    c: (message) => { if (!paused) document.dispatchEvent(new CustomEvent("bar", { detail: message })); },
    d: (message) => { if (!paused) document.dispatchEvent(new CustomEvent("depth", { detail: message })); },
    toast: (message) => document.dispatchEvent(new CustomEvent("toast", { detail: message })),
    h: (message) => { marketAge = message.age; },
  };

  function receive(event) {
    const frame = JSON.parse(event.data);
    heard = Date.now();
    if (sequence && frame.s !== sequence + 1) refreshAll();
    sequence = frame.s;
    for (const message of frame.m) handlers[message.t]?.(message);
    show();
  }

  function connect() {
    clearTimeout(retry);
    if (document.hidden || socket) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const opening = new WebSocket(`${scheme}://${location.host}/ws/live/`);
    socket = opening;
    opening.onopen = () => {
      refreshFragments();  // nobody has told what changed since the page was made, or since the last socket
      if (failures || sequence) resync();
      if (failures >= LOST) say("Connected again.", "good", false);
      failures = 0;
      sequence = 0;
      heard = Date.now();
      if (watched) opening.send(JSON.stringify({ t: "watch", m: watched }));
      clearInterval(poll);
      poll = 0;
      show();
    };
    opening.onmessage = receive;
    opening.onclose = (event) => {
      if (socket === opening) socket = null;
      if (event.code === 1008) watched = "";  // it may not: asking again would end the next one too
      show();
      if (event.code === 4401 && !leaving) location.assign(body.dataset.signIn);
      else if (!document.hidden) later();
    };
  }

  function say(text, tone, urgent) {
    document.dispatchEvent(new CustomEvent("toast", { detail: { text, tone, urgent } }));
  }

  function later() {
    failures += 1;
    if (failures === LOST) say("Connection lost: figures are old. Trying again.", "bad", true);
    const wait = Math.min(30_000, 500 * 2 ** Math.min(failures, 6)) * (0.5 + Math.random() / 2);
    retry = setTimeout(connect, wait);
    if (failures >= 2 && !poll) poll = setInterval(pollAll, POLL);
  }

  let valuesTag = "";
  async function pollAll() {
    if (document.hidden || paused) return;
    refreshAll();
    try {
      const answer = await fetch(body.dataset.live, { headers: valuesTag ? { "If-None-Match": valuesTag } : {} });
      if (answer.redirected) location.assign(body.dataset.signIn);
      if (answer.redirected || !answer.ok) return;
      valuesTag = answer.headers.get("ETag") || "";
      take((await answer.json()).d);
    } catch { /* the next poll asks again */ }
  }

  document.addEventListener("submit", (event) => { leaving = event.target.method === "post"; });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      clearTimeout(retry);
      if (socket) socket.close();
    } else {
      sequence = sequence || 1;  // what was missed is asked for on opening
      setTimeout(connect, 50);
    }
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-pause]");
    if (!button) return;
    paused = !paused;
    sessionStorage.setItem("paused", paused ? "1" : "0");
    document.querySelectorAll("[data-pause]").forEach(label);
    if (!paused) refreshAll();
    show();
  });

  function label(button) {
    button.setAttribute("aria-pressed", String(paused));
    if (button === badge) return;
    button.querySelector("span").textContent = paused ? "Resume live updates" : "Pause live updates";
  }

  document.querySelectorAll("[data-pause]").forEach(label);
  setInterval(show, 1000);
  connect();
})();
