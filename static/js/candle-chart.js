// The candle chart of a page: candles, volume, indicators, what was traded there. Answers: apps/portfolio/charts/data.py.
(() => {
  "use strict";
  const place = document.querySelector("[data-chart]");
  if (!place || !window.LightweightCharts) return;
  const {
    createChart, createSeriesMarkers, CandlestickSeries, HistogramSeries, LineSeries, LineStyle, CrosshairMode,
  } = LightweightCharts;
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colours = { up: token("--gain"), down: token("--loss"), entry: token("--info"), exit: token("--gold-hi") };
  const PALETTE = ["#FFA94D", "#C49BFF", "#A5C463", "#F08BC4", "#4FB0F5", "#DEE3ED"];
  const PANES = { price: 0, rsi: 2, macd: 3 };
  const LINES = { entry: "#7CB7FF", stop: "#FF6A5C", target: "#35E0D0", order: "#F5CE6E" };
  const TAIL = 3000;    // ms between two looks at the bars that have closed
  const WORDS = 16;     // marks in view that still carry words
  const EDGE = 20;      // bars from the end of what is loaded at which more is fetched
  const legend = place.querySelector("[data-legend]");
  const spoken = place.querySelector("[data-spoken]");
  const narrow = window.matchMedia("(max-width: 480px)");
  let data = null;
  let last = null;      // the newest bar while it grows, [time, open, high, low, close, volume]
  let settled = 0;      // volume of its closed minutes
  let minute = 0;       // the newest minute counted into it
  let oldest = 0;       // 0 = there is nothing older
  let loading = false;
  let missed = false;   // something changed while a fetch was under way: it is asked again
  let tail = 0;
  let cursor = -1;      // index of the bar that the arrow keys have reached
  let markers = null;
  let wordy = false;
  let lines = [];
  let drawn = [];       // series of the indicators

  const chart = createChart(place, {
    autoSize: true,
    layout: {
      background: { color: token("--surface") }, textColor: token("--text-3"), fontFamily: getComputedStyle(document.body).fontFamily,
      attributionLogo: false, panes: { separatorColor: token("--border"), separatorHoverColor: token("--hover") },
    },
    grid: { vertLines: { color: "#1A1F27" }, horzLines: { color: "#1A1F27" } },
    rightPriceScale: { borderColor: token("--border"), minimumWidth: narrow.matches ? 0 : 80 },
    localization: { timeFormatter: (seconds) => when(seconds) },
    timeScale: { borderColor: token("--border"), timeVisible: true, secondsVisible: false, rightOffset: 4, tickMarkFormatter: (seconds, type) => (isDaily() ? days : times).tick(seconds, type) },
    crosshair: { mode: CrosshairMode.Normal },
    handleScroll: { vertTouchDrag: false },
  });
  const candles = chart.addSeries(CandlestickSeries, {
    upColor: colours.up, wickUpColor: colours.up, borderUpColor: colours.up,
    downColor: "transparent", wickDownColor: colours.down, borderDownColor: colours.down,
  });
  candles.priceScale().applyOptions({ scaleMargins: { top: 0.12, bottom: 0.08 } });
  const volume = chart.addSeries(HistogramSeries, {
    priceFormat: { type: "volume" }, color: "#3A4655", lastValueVisible: false, priceLineVisible: false,
  }, 1);
  const stretch = () => chart.panes().forEach((pane, index) => pane.setStretchFactor(index ? 1 : narrow.matches ? 3 : 4));
  stretch();

  const candle = ([time, open, high, low, close]) => ({ time, open, high, low, close });
  const bar = ([time, , , , , value]) => ({ time, value });
  const times = zoned(place);
  const days = zoned({ dataset: {} });
  const isDaily = () => data?.timeframe >= 86400;  // bars of a day are UTC days
  const when = (seconds) => (isDaily() ? days : times).moment(seconds).slice(0, isDaily() ? 10 : 16);
  const fixed = (value) => value.toFixed(data.places);
  const brief = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });

  // --- what the legend says of a bar ---
  function tell(index) {
    const row = data.candles[index];
    if (!row) return;
    const [time, open, high, low, close, traded] = row;
    const change = `${close < open ? "−" : "+"}${Math.abs((close / open - 1) * 100).toFixed(2)} %`;
    const prices = narrow.matches
      ? `O ${fixed(open)}  C ${fixed(close)}  ${change}`
      : `${when(time)}   O ${fixed(open)}  H ${fixed(high)}  L ${fixed(low)}  C ${fixed(close)}  ${change}  V ${brief.format(traded)}`;
    const values = data.indicators.filter((line) => line.values[index] != null).map((line) => `${line.label} ${figure(line, index)}`);
    const done = data.markers.filter((mark) => mark.time === time).map((mark) => said(mark) || (mark.side === "buy" ? "entry" : "exit"));
    const more = narrow.matches ? done.join(", ") : [...values, ...done].join("   ");
    legend.textContent = more ? `${prices}\n${more}` : prices;
  }
  const figure = (line, index) => line.values[index].toFixed(line.pane === "price" ? data.places : 2);
  const newest = () => data.candles.length - 1;
  const indexOf = (time) => {
    let low = 0;
    let high = data.candles.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (data.candles[middle][0] < time) low = middle + 1; else high = middle;
    }
    return low;
  };

  // --- drawing ---
  const concealed = () => document.documentElement.dataset.amounts === "hidden";
  // The words of a mark: why, and unless amounts are hidden with what result.
  const said = ({ text }) => (concealed() ? text.replace(/ [+−]?[\d,]+\.\d+$/, "") : text);
  const marks = () => data.markers.map((mark) => ({ ...mark, text: said(mark) })).map(({ time, side, text }) => side === "buy"
    ? { time, position: "belowBar", shape: "arrowUp", color: colours.entry, text: wordy ? text : "" }
    : { time, position: "aboveBar", shape: "square", color: colours.exit, text: wordy ? text : "" });

  // Words beside the marks only where there is room for them; the legend has them all.
  function room(range) {
    const seen = range ? data.markers.filter(({ time }) => { const index = indexOf(time); return index >= range.from && index <= range.to; }).length : 0;
    const fits = !narrow.matches && seen <= WORDS;
    if (fits === wordy) return;
    wordy = fits;
    if (markers) markers.setMarkers(marks());
  }

  function drawLines() {
    lines.forEach((line) => candles.removePriceLine(line));
    lines = data.lines.map(({ kind, price, title }) => candles.createPriceLine({
      price, color: LINES[kind], title: narrow.matches ? "" : title, lineWidth: 1, lineStyle: LineStyle.Dashed, axisLabelTextColor: "#0B0D10",
    }));
  }

  const points = (line) => data.candles.map(([time], index) => {
    const value = line.values[index];
    if (value == null) return { time };
    return line.kind === "bars" ? { time, value, color: value < 0 ? colours.down : colours.up } : { time, value };
  });

  function drawIndicators() {
    const same = drawn.length === data.indicators.length;
    if (!same) {
      drawn.forEach((series) => chart.removeSeries(series));
      let used = 0;
      const panes = [...new Set(data.indicators.map((line) => line.pane))].filter((pane) => pane !== "price").sort((a, b) => PANES[a] - PANES[b]);
      drawn = data.indicators.map((line) => chart.addSeries(
        line.kind === "bars" ? HistogramSeries : LineSeries,
        {
          color: PALETTE[(line.kind === "bars" ? 0 : used++) % PALETTE.length], lineWidth: 1, title: "", priceLineVisible: false,
          lastValueVisible: line.pane !== "price", crosshairMarkerVisible: false,
          priceFormat: { type: "price", precision: line.pane === "rsi" ? 1 : data.places, minMove: line.pane === "rsi" ? 0.1 : data.tick },
        },
        line.pane === "price" ? 0 : 2 + panes.indexOf(line.pane),
      ));
      data.indicators.forEach((line, index) => {
        if (line.pane !== "rsi") return;
        for (const price of [30, 70]) drawn[index].createPriceLine({ price, color: "#5C6675", lineWidth: 1, lineStyle: LineStyle.Dotted, axisLabelVisible: false });
      });
      stretch();
    }
    data.indicators.forEach((line, index) => drawn[index].setData(points(line)));
  }

  function table() {
    const target = document.querySelector("[data-chart-table]");
    if (!target.closest("details").open) return;
    const head = target.tHead.rows[0];
    while (head.cells.length > 6) head.deleteCell(-1);
    for (const line of data.indicators) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.className = "num";
      cell.textContent = line.label;
      head.append(cell);
    }
    const from = Math.max(0, data.candles.length - 30);
    target.tBodies[0].replaceChildren(...data.candles.slice(from).map(([time, ...rest], offset) => {
      const row = document.createElement("tr");
      const values = data.indicators.map((line) => (line.values[from + offset] == null ? "–" : figure(line, from + offset)));
      [when(time), ...rest.slice(0, 4).map(fixed), brief.format(rest[4]), ...values].forEach((text, index) => {
        const cell = row.insertCell();
        cell.textContent = text;
        if (index) cell.className = "num";
      });
      return row;
    }).reverse());
  }

  function show() {
    candles.applyOptions({ priceFormat: { type: "price", precision: data.places, minMove: data.tick } });
    candles.setData(data.candles.map(candle));
    volume.setData(data.candles.map(bar));
    drawIndicators();
    if (markers) markers.setMarkers(marks()); else markers = createSeriesMarkers(candles, marks());
    room(chart.timeScale().getVisibleLogicalRange());
    drawLines();
    table();
    last = data.live ? data.candles.at(-1) || null : null;
    settled = last ? last[5] : 0;
    minute = 0;
    const summary = document.querySelector("[data-chart-summary]");
    if (summary && data.summary) summary.textContent = data.summary;
    cursor = Math.min(cursor, newest());
    if (cursor >= 0) speak();
    if (data.candles.length) tell(cursor < 0 ? newest() : cursor); else legend.textContent = "No candles yet: the market has not begun.";
  }

  // --- fetching ---
  async function load(query = "") {
    const answer = await fetch(place.dataset.chart + query);
    if (!answer.ok) throw new Error(`candles: ${answer.status}`);
    const told = await answer.json();
    // A record, such as a backtest's, has neither indicators nor a present.
    return { indicators: [], record: told.live === undefined, ...told };
  }

  async function busy(task) {
    if (loading) return;
    loading = true;
    try {
      await task();
    } catch {
      if (!data) legend.textContent = "Candles could not be loaded; trying again with the next update.";
    }
    loading = false;
    if (!missed) return;
    missed = false;
    refresh();
  }

  // Puts bars that were fetched before or behind those there are; the fetched ones count where both have them.
  function join(first, second, fetched) {
    const cut = second.candles.length ? second.candles[0][0] : Infinity;
    const keep = first.candles.findIndex(([time]) => time >= cut);
    const count = keep < 0 ? first.candles.length : keep;
    return {
      ...fetched, candles: [...first.candles.slice(0, count), ...second.candles],
      markers: [...first.markers.filter(({ time }) => time < cut), ...second.markers],
      indicators: second.indicators.map((line, index) => ({ ...line, values: [...first.indicators[index].values.slice(0, count), ...line.values] })),
    };
  }

  const begin = () => busy(async () => {
    data = await load(place.dataset.around ? `&around=${place.dataset.around}` : "");
    oldest = data.candles.length ? data.candles[0][0] : 0;
    show();
    frame();
  });

  // The range asked for, the moment asked for, or the newest bars.
  function frame() {
    const count = data.candles.length;
    const scale = chart.timeScale();
    const { range, around } = place.dataset;
    if (!count) return;
    if (Number(range)) {
      const from = indexOf(data.candles[count - 1][0] - Number(range));
      scale.setVisibleLogicalRange({ from, to: count + 3 });
    } else if (around) {
      const centre = indexOf(Number(around) - data.timeframe + 1);
      scale.setVisibleLogicalRange({ from: centre - 60, to: centre + 60 });
      cursor = Math.min(centre, newest());
      tell(cursor);
    } else scale.setVisibleLogicalRange({ from: count - (narrow.matches ? 60 : 140), to: count + 3 });
  }

  // What has closed since, and how the indicators stand now.
  function refresh() {
    if (loading) missed = true; else busy(renew);
  }

  async function renew() {
    if (data?.record) return;
    if (!data || !data.candles.length) { data = await load(); oldest = data.candles[0]?.[0] || 0; show(); return; }
    const known = data.candles[Math.max(0, newest() - 1)][0];
    const fresh = await load(`&after=${known}`);
    if (!fresh.candles.length) return;
    if (fresh.candles[0][0] < data.candles[0][0]) data = fresh;  // a recording that began anew
    else data = join(data, fresh, fresh);
    show();
  }

  function soon() {
    if (!tail) tail = setTimeout(() => { tail = 0; refresh(); }, TAIL);
  }

  const older = () => busy(async () => {
    const earlier = await load(`&before=${oldest}`);
    oldest = earlier.candles.length ? earlier.candles[0][0] : 0;
    if (!oldest) return;
    const view = chart.timeScale().getVisibleLogicalRange();
    const { live, lines: open, summary } = data;
    const added = earlier.candles.length;
    data = join(earlier, data, { ...data, live, lines: open, summary });
    if (cursor >= 0) cursor += added;
    show();
    chart.timeScale().setVisibleLogicalRange({ from: view.from + added, to: view.to + added });
  });

  function moved(range) {
    if (!range || !data) return;
    room(range);
    if (loading) return;
    if (range.from < EDGE && oldest) older();
    else if (!data.live && !data.record && range.to > data.candles.length - EDGE) refresh();
  }

  // --- the bar that grows ---
  function take({ m, b, e }) {
    if (!data || m !== data.symbol || !last) return;
    const time = b[0] - b[0] % data.timeframe;
    const closed = e === 1;
    if (time < last[0]) return;
    if (time > last[0]) {
      last = [time, b[1], b[2], b[3], b[4], 0];
      data.candles.push(last);
      settled = 0;
      soon();
    } else {
      last[2] = Math.max(last[2], b[2]);
      last[3] = Math.min(last[3], b[3]);
      last[4] = b[4];
    }
    if (closed && b[0] > minute) {
      settled += b[5];
      minute = b[0];
      if (data.indicators.length) soon();
    }
    last[5] = closed ? settled : settled + b[5];
    candles.update(candle(last));
    volume.update(bar(last));
    if (cursor < 0) tell(newest());
  }

  // --- hands ---
  function step(index) {
    cursor = Math.max(0, Math.min(newest(), index));
    const [time, , , , close] = data.candles[cursor];
    const view = chart.timeScale().getVisibleLogicalRange();
    const width = view.to - view.from;
    if (cursor < view.from + 1) chart.timeScale().setVisibleLogicalRange({ from: cursor - 1, to: cursor - 1 + width });
    else if (cursor > view.to - 1) chart.timeScale().setVisibleLogicalRange({ from: cursor + 1 - width, to: cursor + 1 });
    chart.setCrosshairPosition(close, time, candles);
    tell(cursor);
    speak();
  }

  // What a screen reader hears of the bar under the cursor; said again only when it has changed, as by an order that filled.
  function speak() {
    const [time, ...prices] = data.candles[cursor];
    const mark = data.markers.filter((one) => one.time === time).map((one) => said(one) || "entry").join(", ");
    const words = `${when(time)}: ${prices.slice(0, 4).map(fixed).join(", ")}${mark ? `; ${mark}` : ""}`;
    if (spoken.textContent !== words) spoken.textContent = words;
  }

  const zoom = (factor) => {
    const { from, to } = chart.timeScale().getVisibleLogicalRange();
    chart.timeScale().setVisibleLogicalRange({ from: to - (to - from) * factor, to });
  };

  const KEYS = {
    ArrowLeft: (event) => step((cursor < 0 ? newest() + 1 : cursor) - (event.shiftKey ? 10 : 1)),
    ArrowRight: (event) => step((cursor < 0 ? newest() : cursor) + (event.shiftKey ? 10 : 1)),
    Home: () => step(0),
    End: () => step(newest()),
    "+": () => zoom(0.7),
    "-": () => zoom(1 / 0.7),
    Escape: () => { cursor = -1; chart.clearCrosshairPosition(); tell(newest()); },
  };

  place.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || !data || !data.candles.length || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key !== "Escape") event.preventDefault();
    act(event);
  });

  chart.subscribeCrosshairMove((move) => {
    if (!data || !data.candles.length) return;
    if (move.time !== undefined) tell(indexOf(move.time));
    else if (cursor < 0) tell(newest());
  });
  chart.timeScale().subscribeVisibleLogicalRangeChange(moved);
  document.querySelector("[data-chart-table]").closest("details").addEventListener("toggle", () => data && table());
  document.addEventListener("bar", (event) => take(event.detail));
  document.addEventListener("resync", refresh);
  document.addEventListener("amounts", () => { if (data) show(); });
  // An order or a trade changed: markers and lines with it.
  document.addEventListener("refreshed", (event) => { if (event.target.dataset.keys.includes("orders")) refresh(); });
  narrow.addEventListener("change", () => { if (data) show(); stretch(); });
  begin();
})();
