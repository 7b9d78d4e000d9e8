// The page of a backtest that waits or runs: once it is over, the page is another one.
(() => {
  "use strict";
  document.addEventListener("refreshed", (event) => { if (event.target.querySelector("[data-finished]")) location.reload(); });
})();
