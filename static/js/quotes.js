// Beside a ticket: bid, middle and ask for its prices, and the depth of the book. live.js asks for them; messages:
// apps/dashboard/frames.py.
(() => {
  "use strict";
  const place = document.querySelector("[data-depth]");
  if (!place) return;
  const SILENT = 12_000;  // ms without a message; the stream tells an unchanged book each five seconds
  const [WIDE, HIGH] = [400, 120];  // of the drawing's own units
  const find = (name) => place.querySelector(`[data-${name}]`);
  let heard = Date.now();

  function offer(quotes) {
    ["bid", "mid", "ask"].forEach((name, index) => {
      document.querySelectorAll(`[data-price=${name}]`).forEach((button) => {
        button.hidden = !quotes.length;
        button.value = quotes[index] || "";
      });
    });
  }

  // Price and the size that rests up to there. Only drawn: nothing is reckoned with these.
  function steps(levels) {
    let sum = 0;
    return levels.map(([price, size]) => [Number(price.replaceAll(",", "")), sum += Number(size.replaceAll(",", ""))]);
  }

  function draw(bids, asks) {
    const [low, high] = [bids.at(-1)[0], asks.at(-1)[0]];
    const most = Math.max(bids.at(-1)[1], asks.at(-1)[1]);
    const x = (price) => ((price - low) / (high - low || 1)) * WIDE;
    const y = (sum) => HIGH - (sum / most) * (HIGH - 8);
    const path = (side) => {
      let line = `M${x(side[0][0])} ${HIGH}`;
      side.forEach(([price, sum]) => { line += `H${x(price)}V${y(sum)}`; });
      return `${line}V${HIGH}Z`;
    };
    find("bids").setAttribute("d", path(bids));
    find("asks").setAttribute("d", path(asks));
  }

  function show(words) {
    find("depth-state").textContent = words;
    find("depth-state").hidden = !words;
    find("drawing").hidden = Boolean(words);
  }

  document.addEventListener("depth", ({ detail }) => {
    if (detail.m !== place.dataset.watch) return;
    heard = Date.now();
    const known = detail.known && detail.b.length > 0 && detail.a.length > 0;
    offer(known ? detail.q : []);
    show(known ? "" : "The book is being fetched.");
    if (!known) return;
    find("spread").textContent = detail.s;
    find("low").textContent = detail.b.at(-1)[0];
    find("middle").textContent = `${detail.b[0][0]} / ${detail.a[0][0]}`;
    find("high").textContent = detail.a.at(-1)[0];
    draw(steps(detail.b), steps(detail.a));
  });

  setInterval(() => {
    if (Date.now() - heard < SILENT) return;
    offer([]);
    show(`Nothing was heard for ${Math.round((Date.now() - heard) / 1000)} s: the stream may be stopped.`);
  }, 1000);
})();
