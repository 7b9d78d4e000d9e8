// The candle chart of a bot: candles, volume, its entries and exits, the lines of its open position.
(() => {
  "use strict";
  const place = document.querySelector("[data-chart]");
  if (!place || !window.LightweightCharts) return;
  const { createChart, createSeriesMarkers, CandlestickSeries, HistogramSeries, LineStyle, CrosshairMode } = LightweightCharts;
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colours = { up: token("--gain"), down: token("--loss"), entry: token("--info"), exit: token("--gold-hi") };
  const legend = place.querySelector("[data-legend]");
  const narrow = window.matchMedia("(max-width: 480px)");
  let data = null;
  let last = null;      // the newest bar, [time, open, high, low, close, volume]
  let settled = 0;      // volume of its closed minutes
  let minute = 0;       // the newest minute counted into it
  let oldest = 0;
  let loading = false;
  let markers = null;
  let lines = [];

  const chart = createChart(place, {
    autoSize: true,
    layout: {
      background: { color: token("--surface") }, textColor: token("--text-3"), fontFamily: getComputedStyle(document.body).fontFamily,
      attributionLogo: false, panes: { separatorColor: token("--border") },
    },
    grid: { vertLines: { color: "#1A1F27" }, horzLines: { color: "#1A1F27" } },
    rightPriceScale: { borderColor: token("--border") },
    timeScale: { borderColor: token("--border"), timeVisible: true, secondsVisible: false, rightOffset: 4 },
    crosshair: { mode: CrosshairMode.Normal },
    handleScroll: { vertTouchDrag: false },
  });
  const candles = chart.addSeries(CandlestickSeries, {
    upColor: colours.up, wickUpColor: colours.up, borderUpColor: colours.up,
    downColor: "transparent", wickDownColor: colours.down, borderDownColor: colours.down,
  });
  candles.priceScale().applyOptions({ scaleMargins: { top: 0.12, bottom: 0.24 } });
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: "volume", priceFormat: { type: "volume" }, color: "#2F3946", lastValueVisible: false, priceLineVisible: false,
  });
  chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });

  const candle = ([time, open, high, low, close]) => ({ time, open, high, low, close });
  const bar = ([time, , , , , value]) => ({ time, value });
  const when = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");
  const fixed = (value) => value.toFixed(data.places);

  function tell(point) {
    if (!point) return;
    legend.textContent = narrow.matches
      ? `O ${fixed(point.open)}  C ${fixed(point.close)}`
      : `${when(point.time)}   O ${fixed(point.open)}  H ${fixed(point.high)}  L ${fixed(point.low)}  C ${fixed(point.close)}`;
  }

  function marks() {
    return data.markers.map(({ time, side, text }) => side === "buy"
      ? { time, position: "belowBar", shape: "arrowUp", color: colours.entry, text: narrow.matches ? "" : "entry" }
      : { time, position: "aboveBar", shape: "square", color: colours.exit, text: narrow.matches ? "" : text });
  }

  const LINES = { entry: ["entry", "#7CB7FF"], stop: ["stop", "#FF6A5C"], target: ["target", "#35E0D0"] };
  function drawLines() {
    lines.forEach((line) => candles.removePriceLine(line));
    lines = data.lines.map(({ kind, price }) => candles.createPriceLine({
      price, color: LINES[kind][1], title: LINES[kind][0], lineWidth: 1, lineStyle: LineStyle.Dashed, axisLabelTextColor: "#0B0D10",
    }));
  }

  function table() {
    const rows = document.querySelector("[data-chart-table] tbody");
    rows.replaceChildren(...data.candles.slice(-20).reverse().map(([time, ...prices]) => {
      const row = document.createElement("tr");
      [when(time), ...prices.slice(0, 4).map(fixed)].forEach((text, index) => {
        const cell = row.insertCell();
        cell.textContent = text;
        if (index) cell.className = "num";
      });
      return row;
    }));
  }

  function show() {
    candles.applyOptions({ priceFormat: { type: "price", precision: data.places, minMove: data.tick } });
    candles.setData(data.candles.map(candle));
    volume.setData(data.candles.map(bar));
    if (markers) markers.setMarkers(marks()); else markers = createSeriesMarkers(candles, marks());
    drawLines();
    table();
    last = data.candles.at(-1) || null;
    settled = last ? last[5] : 0;
    minute = 0;
    oldest = data.candles.length ? data.candles[0][0] : 0;
    if (last) tell(candle(last)); else legend.textContent = "No candles yet: the market has not begun.";
  }

  async function load(before) {
    const address = place.dataset.chart + (before ? `&before=${before}` : "");
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`candles: ${answer.status}`);
    return answer.json();
  }

  async function reload() {
    if (loading) return;
    loading = true;
    try {
      const fresh = await load();
      // Bars fetched by scrolling back stay.
      const kept = data ? data.candles.filter(([time]) => fresh.candles.length && time < fresh.candles[0][0]) : [];
      const first = !data;
      data = { ...fresh, candles: [...kept, ...fresh.candles] };
      show();
      if (first) chart.timeScale().setVisibleLogicalRange({ from: data.candles.length - (narrow.matches ? 60 : 140), to: data.candles.length + 3 });
    } catch {
      legend.textContent = "Candles could not be loaded; trying again with the next update.";
    }
    loading = false;
  }

  // A minute of the market becomes part of the bar it lies in.
  function take({ m, b, e }) {
    if (!data || m !== data.symbol || !last) return;
    const time = b[0] - b[0] % data.timeframe;
    const closed = e === 1;
    if (time < last[0]) return;
    if (time > last[0]) {
      last = [time, b[1], b[2], b[3], b[4], 0];
      data.candles.push(last);
      settled = 0;
    } else {
      last[2] = Math.max(last[2], b[2]);
      last[3] = Math.min(last[3], b[3]);
      last[4] = b[4];
    }
    if (closed && b[0] > minute) {
      settled += b[5];
      minute = b[0];
    }
    last[5] = settled;
    candles.update(candle(last));
    volume.update(bar(last));
    tell(candle(last));
  }

  async function older(range) {
    if (!range || range.from > 20 || loading || !data || !oldest) return;
    loading = true;
    try {
      const earlier = await load(oldest);
      if (earlier.candles.length) {
        const view = chart.timeScale().getVisibleRange();
        data.candles = [...earlier.candles, ...data.candles];
        data.markers = [...earlier.markers, ...data.markers];
        candles.setData(data.candles.map(candle));
        volume.setData(data.candles.map(bar));
        markers.setMarkers(marks());
        chart.timeScale().setVisibleRange(view);
        oldest = data.candles[0][0];
      } else oldest = 0;
    } catch { /* scrolling again asks again */ }
    loading = false;
  }

  chart.subscribeCrosshairMove((move) => tell(move.seriesData.get(candles) ? { time: move.time, ...move.seriesData.get(candles) } : last && candle(last)));
  chart.timeScale().subscribeVisibleLogicalRangeChange(older);
  document.addEventListener("bar", (event) => take(event.detail));
  document.addEventListener("resync", reload);
  // An order or a trade changed: markers and lines with it.
  document.addEventListener("refreshed", (event) => { if (event.target.dataset.keys.includes("orders")) reload(); });
  narrow.addEventListener("change", () => markers && markers.setMarkers(marks()));
  reload();
})();
