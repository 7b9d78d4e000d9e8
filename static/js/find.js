// Quick find: '/' opens it, letters narrow it down, arrows walk through what was found.
(() => {
  "use strict";
  const PATIENCE = 120;  // ms after the last letter
  let timer = 0;
  let asked = 0;

  async function search(form) {
    const mine = ++asked;
    const url = new URL(form.action);
    url.searchParams.set("q", form.elements.q.value);
    url.searchParams.set("fragment", "results");
    const answer = await fetch(url);
    if (answer.redirected) location.assign(document.body.dataset.signIn);
    // An answer that a newer question has overtaken is dropped.
    if (answer.ok && mine === asked) form.querySelector("[data-found]").innerHTML = await answer.text();
  }

  function walk(form, step) {
    const stops = [form.elements.q, ...form.querySelectorAll("[data-found] a")];
    const next = stops.indexOf(document.activeElement) + step;
    stops[Math.max(0, Math.min(stops.length - 1, next))].focus();
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-find]");
    if (!form) return;
    clearTimeout(timer);
    timer = setTimeout(() => search(form).catch(() => { /* the next letter asks again */ }), PATIENCE);
  });

  // Enter goes to the first that was found.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-find]");
    if (!form) return;
    event.preventDefault();
    clearTimeout(timer);
    search(form).then(() => form.querySelector("[data-found] a")?.click()).catch(() => form.submit());
  });

  document.addEventListener("keydown", (event) => {
    const form = event.target.closest("[data-find]");
    if (form && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      walk(form, event.key === "ArrowDown" ? 1 : -1);
      return;
    }
    const typing = event.target.closest("input, select, textarea, [contenteditable], dialog");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    document.querySelector("[data-find-open]").click();
  });
})();
