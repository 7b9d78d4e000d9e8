// Times of a chart in the zone that its element names (UTC without one), seconds in, as the server writes them.
window.zoned = (place) => {
  "use strict";
  const timeZone = place.dataset.zone || "UTC";
  const written = (locale, options) => {
    const format = new Intl.DateTimeFormat(locale, { timeZone, ...options });
    return (seconds) => format.format(seconds * 1000);
  };
  const moment = written("sv-SE", { dateStyle: "short", timeStyle: "short" });  // 2020-02-03 14:05
  const clock = written("sv-SE", { timeStyle: "short" });
  const parts = [{ year: "numeric" }, { month: "short" }, { day: "numeric" }].map((part) => written("en-GB", part));
  const date = written("en-GB", { day: "numeric", month: "short" });

  // The chart library breaks days at midnight UTC: where that is no midnight of the zone, the label says when it is.
  function tick(seconds, type) {
    if (type >= parts.length) return clock(seconds);
    return clock(seconds) === "00:00" ? parts[type](seconds) : `${date(seconds)} ${clock(seconds)}`;
  }

  return { moment, tick, exact: written("sv-SE", { timeStyle: "medium" }) };
};
