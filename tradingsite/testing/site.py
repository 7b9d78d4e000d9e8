"""The pages as a browser meets them: a web process on the test's database, and a visitor who notes faults."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import ConsoleMessage, Page, Request, Response, expect, sync_playwright

from apps.accounts.models import User
from apps.markets.models import Product
from apps.markets.services import event_commit
from apps.markets.sources import Bar, SourceEvent
from apps.markets.stream import announce
from engine.kinds import EventKind
from tradingsite.launcher.chromium import FLAGS, find_chromium
from tradingsite.testing.market import Market

ROOT = Path(__file__).resolve().parents[2]
DESKTOP, PHONE = (1440, 900), (390, 844)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
START = 60.0  # seconds a web process may take
PATIENCE = 20_000  # ms that anything on a page may take: machines of a test are slow, and a lost race is no fault
WIDER = """width => [...document.querySelectorAll("body *")]
    .filter(node => node.getBoundingClientRect().right > width + 1 && !node.closest(".scroll"))
    .map(node => node.tagName + "." + node.className).slice(0, 3)"""

expect.set_options(timeout=PATIENCE)


@contextmanager
def web_process() -> Iterator[str]:
    """Address of a web process on this test process's database and Redis."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    command = [
        sys.executable,
        "-m",
        "daphne",
        "-v",
        "0",
        "-b",
        "127.0.0.1",
        "-p",
        str(port),
        "tradingsite.asgi:application",
    ]
    environment = {**os.environ, "DATABASE_URL": database.geturl(), "DEBUG": "1"}  # static files from their sources
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(address, process)
            yield address
        finally:
            process.terminate()
            process.wait(20)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urlopen(f"{address}/terms/", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no web process within {START:g} s")


class LiveMarket(Market):
    """A market that tells open pages of its prices, as the stream does."""

    def commit(self, product: Product, kind: EventKind, prices: Sequence[float] = ()) -> None:
        bar = None
        if kind == EventKind.OPEN:
            bar = Bar(prices[0], prices[0], prices[0], prices[0], 0.0)
        elif kind == EventKind.BAR:
            bar = Bar(*prices)
        event = SourceEvent(product.symbol, kind, self.now, bar)
        committed = event_commit(session=self.session, product=product, event=event)
        if committed is not None:
            announce(committed, event)


@dataclass
class Visitor:
    """A browser page and everything that went wrong on it."""

    page: Page
    width: int
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.fault(f"script error: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._response)

    def fault(self, text: str) -> None:
        self.faults.append(f"{self.page.url}: {text}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.fault(message.text)

    def _failed(self, request: Request) -> None:
        # A refresh under way when the next page opens is dropped by the browser.
        if request.failure != "net::ERR_ABORTED":
            self.fault(f"{request.failure} for {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.fault(f"{response.status} for {response.url}")

    def inspect(self) -> None:
        """Notes what is too wide and what not everybody can read on the page at hand."""
        # From the top: what lies under the sticky bar when a page is scrolled is no target at that moment. While a page
        # loads, the browser goes back to the place that its address names.
        self.page.wait_for_load_state("load")
        self.page.evaluate("window.scrollTo(0, 0)")
        if self.page.evaluate("document.documentElement.scrollWidth") > self.width:
            self.fault(f"wider than {self.width} px: {self.page.evaluate(WIDER, self.width)}")
        for found in Axe().run(self.page, options=RULES).response["violations"]:
            self.fault(f"axe {found['id']}: {found['nodes'][0]['html'][:200]}")


@contextmanager
def visitor(address: str, *, size: tuple[int, int], user: User | None = None) -> Iterator[Visitor]:
    """A browser at a size, signed in as a user."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        context = browser.new_context(
            base_url=address,
            viewport={"width": size[0], "height": size[1]},
            has_touch=size == PHONE,
            is_mobile=size == PHONE,
        )
        if user:
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of(user), "url": address}])
        context.set_default_timeout(PATIENCE)
        try:
            yield Visitor(context.new_page(), size[0])
        finally:
            browser.close()
            connection.close()  # beside the browser's loop the test had a connection of its own


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value
