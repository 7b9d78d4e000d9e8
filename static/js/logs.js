// The Logs page: copying ids, and following the newest lines while the page is looked at.
(() => {
  "use strict";
  const EVERY = 2_000;   // ms
  const MOST = 300;      // lines on the page
  const list = document.querySelector("[data-tail]");

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  });

  async function more() {
    if (document.hidden || document.body.classList.contains("paused")) return;
    const url = new URL(list.dataset.tail, location.href);
    const newest = list.querySelector("[data-id]");
    if (newest) url.searchParams.set("after", newest.dataset.id);
    const answer = await fetch(url);
    if (answer.redirected) location.assign(document.body.dataset.signIn);
    if (!answer.ok) return;
    const fresh = document.createElement("template");
    fresh.innerHTML = await answer.text();
    list.prepend(...fresh.content.children);
    while (list.children.length > MOST) list.lastElementChild.remove();
  }

  if (list) setInterval(() => more().catch(() => { /* the next time asks again */ }), EVERY);
})();
