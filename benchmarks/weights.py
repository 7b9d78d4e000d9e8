"""What each page weighs in a browser on its first visit, against the budget.

    .venv/bin/python -m benchmarks.weights

A production-like web process (collected, compressed static files), Chromium at a phone's size with an empty cache, a
trader with a past. Compressed kilobytes as they came over the wire, requests, DOM nodes, largest contentful paint,
layout shift and blocking time (long tasks beyond 50 ms). The processor is not slowed down: see benchmarks.lighthouse.
"""

import os
from collections import Counter
from dataclasses import dataclass, field

from playwright.sync_api import Browser, CDPSession, Page, ViewportSize, sync_playwright

from benchmarks import place

place.claim("benchmark_weights")

from django.urls import reverse

from benchmarks.history import History
from tradingsite.launcher.chromium import find_chromium

PHONE = ViewportSize(width=390, height=844)
OBSERVE = """
window.seen = {lcp: 0, cls: 0, tbt: 0};
new PerformanceObserver(list => { for (const e of list.getEntries()) seen.lcp = e.startTime; })
  .observe({type: 'largest-contentful-paint', buffered: true});
new PerformanceObserver(list => { for (const e of list.getEntries()) if (!e.hadRecentInput) seen.cls += e.value; })
  .observe({type: 'layout-shift', buffered: true});
new PerformanceObserver(list => { for (const e of list.getEntries()) seen.tbt += Math.max(e.duration - 50, 0); })
  .observe({type: 'longtask', buffered: true});
"""


@dataclass(frozen=True)
class Budget:
    """Kilobytes (compressed), numbers and milliseconds that a kind of page may take."""

    total: float
    html: float
    css: float
    js: float
    requests: int
    nodes: int
    lcp: float
    cls: float
    tbt: float


OPEN = Budget(total=60, html=12, css=15, js=5, requests=10, nodes=600, lcp=1500, cls=0.01, tbt=50)
APP = Budget(total=90, html=25, css=15, js=30, requests=14, nodes=1200, lcp=1800, cls=0.02, tbt=150)
CHART = Budget(total=160, html=25, css=15, js=95, requests=16, nodes=1000, lcp=2200, cls=0.02, tbt=200)
COLUMNS = list(Budget.__dataclass_fields__)


@dataclass
class Wire:
    """Counts what comes over the wire while a page loads."""

    kinds: dict[str, str] = field(default_factory=dict)
    bytes: Counter[str] = field(default_factory=Counter)
    requests: int = 0

    def listen(self, session: CDPSession) -> None:
        session.send("Network.enable")
        session.on("Network.responseReceived", self._received)
        session.on("Network.loadingFinished", self._finished)

    def _received(self, event: dict) -> None:
        if not event["response"]["url"].startswith("data:"):
            self.requests += 1
            self.kinds[event["requestId"]] = event["type"]

    def _finished(self, event: dict) -> None:
        self.bytes[self.kinds.get(event["requestId"], "")] += event["encodedDataLength"]

    def kilobytes(self, *kinds: str) -> float:
        return sum(self.bytes[kind] for kind in kinds or tuple(self.bytes)) / 1000


def main() -> None:
    with place.own_database():
        history = History(bots=8, trades=300, evaluations=4000)
        cookie = place.signed_in(history.owner)  # before the browser's loop runs in this thread
        with place.web() as (port, _), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
            print(f"{'':34}" + "".join(f"{name:>9}" for name in COLUMNS))
            for title, budget, names in pages(history.bots[0].pk):
                print(f"{title + ', budget':34}" + "".join(f"{getattr(budget, name):>9g}" for name in COLUMNS))
                for address in names:
                    signed = "" if budget is OPEN else cookie
                    show(address, visit(browser, f"http://127.0.0.1:{port}", address, signed), budget)
            browser.close()
        print(f"load {os.getloadavg()[0]:.1f}; ! = over the budget")


def pages(bot: int) -> list[tuple[str, Budget, list[str]]]:
    """The pages of each kind that exist."""
    plain = ["dashboard:overview", "bots:list", "bots:conditions", "portfolio:positions", "portfolio:trades",
             "portfolio:portfolio", "portfolio:performance", "risk:halts"]  # fmt: skip
    return [
        ("open pages", OPEN, ["/", reverse("account_login"), reverse("account_signup")]),
        ("app pages", APP, [reverse(name) for name in plain]),
        ("chart pages", CHART, [reverse("bots:detail", args=[bot]), "/charts/"]),
    ]


def visit(browser: Browser, base: str, address: str, cookie: str) -> dict[str, float]:
    context = browser.new_context(base_url=base, viewport=PHONE, is_mobile=True, has_touch=True)
    if cookie:
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": base}])
    page: Page = context.new_page()
    wire = Wire()
    wire.listen(context.new_cdp_session(page))
    page.add_init_script(OBSERVE)
    page.goto(address)
    page.wait_for_timeout(2500)
    seen = page.evaluate("seen")
    found = {
        "total": wire.kilobytes(), "html": wire.kilobytes("Document"), "css": wire.kilobytes("Stylesheet"),
        "js": wire.kilobytes("Script"), "requests": wire.requests,
        "nodes": page.evaluate("document.querySelectorAll('*').length"), **seen,
    }  # fmt: skip
    context.close()
    return found


def show(address: str, found: dict[str, float], budget: Budget) -> None:
    cells = []
    for name in COLUMNS:
        mark = "!" if found[name] > getattr(budget, name) else " "
        places = 3 if name == "cls" else 1 if name in ("total", "html", "css", "js") else 0
        cells.append(f"{found[name]:8.{places}f}{mark}")
    print(f"  {address:32}" + "".join(cells))


if __name__ == "__main__":
    main()
