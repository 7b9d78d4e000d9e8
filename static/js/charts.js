// The page of charts: the list of markets that narrows as one types, and the full screen.
(() => {
  "use strict";
  const search = document.querySelector("[data-search]");
  const none = document.querySelector("[data-none]");
  search?.addEventListener("input", () => {
    const wanted = search.value.trim().toUpperCase();
    let left = 0;
    for (const row of document.querySelectorAll("[data-market]")) {
      row.hidden = !row.dataset.market.includes(wanted);
      left += Number(!row.hidden);
    }
    none.hidden = left > 0;
  });

  const button = document.querySelector("[data-full]");
  const stage = document.querySelector("[data-stage]");
  if (!button || !document.fullscreenEnabled) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else stage.requestFullscreen();
  });
  document.addEventListener("fullscreenchange", () => {
    button.querySelector("span").textContent = document.fullscreenElement ? "Leave full screen" : "Full screen";
  });
})();
