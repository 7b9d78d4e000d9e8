// The order book and the last trades of a live market; live.js asks for them. Messages: apps/dashboard/frames.py.
(() => {
  "use strict";
  const place = document.querySelector("[data-watch]");
  const find = (name) => place.querySelector(`[data-${name}]`);
  const [book, tape] = [find("book"), find("tape")];
  const KEPT = 25;        // trades
  const SILENT = 12_000;  // ms without a message; the stream tells an unchanged book each five seconds
  const times = zoned(place);
  let heard = Date.now();

  function fill(row, texts) {
    texts.forEach((text, index) => { if (row.cells[index].textContent !== text) row.cells[index].textContent = text; });
  }

  // The best price stands beside the spread: the first bid on top, the first ask at the bottom.
  function side(body, levels, fromBottom) {
    [...body.rows].forEach((row, index) => {
      const [price, size, share] = levels[fromBottom ? body.rows.length - 1 - index : index] || ["", "", 0];
      fill(row, [price, size]);
      row.querySelector("progress").value = share;
    });
  }

  function row([time, buys, price, size]) {
    const made = document.createElement("tr");
    [times.exact(time), price, size].forEach((text, index) => {
      const cell = made.insertCell();
      cell.textContent = text;
      if (index) cell.className = "num";
    });
    made.cells[1].classList.add(buys ? "up" : "down");
    made.cells[1].title = buys ? "a buyer took it" : "a seller took it";
    return made;
  }

  function show(words, isBook) {
    find("depth-state").textContent = words;
    find("depth-state").hidden = !words;
    book.hidden = !isBook;
  }

  document.addEventListener("depth", ({ detail }) => {
    if (detail.m !== place.dataset.watch) return;
    heard = Date.now();
    place.classList.remove("old");
    show(detail.known ? "" : "The book is being fetched.", detail.known);
    side(find("asks"), detail.a, true);
    side(find("bids"), detail.b, false);
    find("spread").textContent = detail.s;
    tape.prepend(...detail.n.map(row));
    while (tape.rows.length > KEPT) tape.deleteRow(-1);
    find("no-trades").hidden = tape.rows.length > 0;
  });

  setInterval(() => {
    if (Date.now() - heard < SILENT) return;
    place.classList.add("old");
    find("depth-state").textContent = `Nothing was heard for ${Math.round((Date.now() - heard) / 1000)} s: the stream may be stopped.`;
    find("depth-state").hidden = false;
  }, 1000);
})();
