"""Draws the app's icons and screenshots: `python -m tradingsite.testing.pictures icons`, or
`... screenshots http://localhost:8000 EMAIL PASSWORD` against a running platform with demo data."""

import base64
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tradingsite.launcher.chromium import FLAGS, find_chromium
from tradingsite.launcher.layout import ROOT

FOLDER = ROOT / "static" / "img" / "app"
MARK = (ROOT / "static" / "img" / "mark.svg").read_text()
GOLD, INK = "#E3B341", "#17120A"
# name: pixels, share of the width that the mark takes, ground, mark
ICONS = {
    "icon-192": (192, 1.0, "transparent", MARK),
    "icon-512": (512, 1.0, "transparent", MARK),
    "maskable-512": (512, 0.8, GOLD, MARK),
    "apple-touch-180": (180, 0.9, GOLD, MARK),
    "monochrome-512": (512, 0.9, "transparent", MARK.replace(f'fill="{GOLD}"', 'fill="none"').replace(INK, "#FFFFFF")),
}
DOCS = ROOT / "docs" / "images"  # of the README
BRACKET = "side=buy&kind=bracket&quantity=0.02&limit_price=9700&stop_price=9400&target_price=10300"
SHOTS = {
    FOLDER / "overview-wide.png": ("/overview/", 1280, 800),
    FOLDER / "conditions-narrow.png": ("/conditions/", 390, 844),
    FOLDER / "overview.webp": ("/overview/", 1440, 900),  # of the landing page and the README
    DOCS / "bot.webp": ("/bots/2/", 1440, 900),
    DOCS / "conditions.webp": ("/conditions/", 1440, 900),
    DOCS / "orders.webp": (f"/orders/?{BRACKET}", 1440, 900),
    DOCS / "orders-phone.webp": (f"/orders/?{BRACKET}", 390, 844),
    DOCS / "overview-phone.webp": ("/overview/", 390, 844),
    DOCS / "charts-phone.webp": ("/charts/", 390, 844),
}
QUALITY = 80  # of WebP, percent


def icons(browser: Browser) -> None:
    for name, (pixels, share, ground, mark) in ICONS.items():
        page = browser.new_page(viewport={"width": pixels, "height": pixels})
        size = round(pixels * share)
        sized = mark.replace("<svg ", f'<svg width="{size}" height="{size}" ', 1)
        style = f"margin:0;height:100vh;display:grid;place-items:center;background:{ground}"
        page.set_content(f'<body style="{style}">{sized}')
        page.screenshot(path=FOLDER / f"{name}.png", omit_background=True)
        page.close()


def screenshots(browser: Browser, site: str, email: str, password: str) -> None:
    for path, (address, width, height) in SHOTS.items():
        page = browser.new_page(viewport={"width": width, "height": height}, base_url=site)
        page.goto("/account/login/?next=/overview/")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/overview/")
        page.goto(address)
        page.wait_for_timeout(2000)  # live values and charts have come
        _take(page, path)
        page.close()


def _take(page: Page, path: Path) -> None:
    """PNG for the manifest; WebP, a fifth of its size, for what browsers alone read."""
    if path.suffix == ".png":
        page.screenshot(path=path)
        return
    devtools = page.context.new_cdp_session(page)
    shot = devtools.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    path.write_bytes(base64.b64decode(shot["data"]))


def main(arguments: list[str]) -> None:
    Path(FOLDER).mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        if arguments[:1] == ["icons"]:
            icons(browser)
        elif arguments[:1] == ["screenshots"] and len(arguments) == 4:
            screenshots(browser, *arguments[1:])
        else:
            raise SystemExit(__doc__)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
