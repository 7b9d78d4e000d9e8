"""Lighthouse on the pages that matter most: a slowed-down phone, median of three runs.

    .venv/bin/python -m benchmarks.lighthouse [--runs 3]

Needs Chromium and Lighthouse, on the PATH or fetched by npx; says so and ends where one is missing. Aims: performance
90 or more, accessibility 100, best practices 100.
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import place

place.claim("benchmark_lighthouse")

from django.urls import reverse

from benchmarks.history import History
from tradingsite.launcher.chromium import find_chromium

LIGHTHOUSE = "lighthouse@12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices")
FIGURES = {
    "LCP": "largest-contentful-paint",
    "CLS": "cumulative-layout-shift",
    "TBT": "total-blocking-time",
    "bytes": "total-byte-weight",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    chromium = find_chromium()
    if not ((shutil.which("lighthouse") or shutil.which("npx")) and chromium):
        raise SystemExit("lighthouse was left out: it needs Chromium and lighthouse or npx, and something is missing")
    with place.own_database():
        history = History(bots=8, trades=300, evaluations=4000)
        cookie = place.signed_in(history.owner)
        addresses = ["/", reverse("account_login"), reverse("dashboard:overview"), reverse("bots:list"),
                     reverse("bots:detail", args=[history.bots[0].pk]), reverse("portfolio:trades"),
                     reverse("portfolio:charts")]  # fmt: skip
        print(f"{'':22}" + "".join(f"{name:>16}" for name in (*CATEGORIES, *FIGURES)))
        with place.web() as (port, _):
            for address in addresses:
                signed = "" if address in addresses[:2] else cookie
                reports = [run(f"http://127.0.0.1:{port}{address}", signed, str(chromium)) for _ in range(options.runs)]
                show(address, reports)
        print(f"load {os.getloadavg()[0]:.1f}")


def run(url: str, cookie: str, chromium: str) -> dict[str, Any]:
    """One report. The cookie is in a file: arguments are everybody's to read."""
    with tempfile.TemporaryDirectory() as folder:
        headers, report = Path(folder) / "headers.json", Path(folder) / "report.json"
        headers.write_text(json.dumps({"Cookie": f"sessionid={cookie}"} if cookie else {}))
        program = ["lighthouse"] if shutil.which("lighthouse") else ["npx", "--yes", LIGHTHOUSE]
        command = [
            *program, url, "--quiet", "--output=json", f"--output-path={report}",
            f"--extra-headers={headers}", f"--only-categories={','.join(CATEGORIES)}",
            "--chrome-flags=--headless=new --no-sandbox --disable-dev-shm-usage",
        ]  # fmt: skip
        subprocess.run(command, env=os.environ | {"CHROME_PATH": chromium}, check=True, stdout=subprocess.DEVNULL)
        return json.loads(report.read_text())


def show(address: str, reports: list[dict[str, Any]]) -> None:
    scores = [median(report["categories"][name]["score"] * 100 for report in reports) for name in CATEGORIES]
    values = [median(report["audits"][name]["numericValue"] for report in reports) for name in FIGURES.values()]
    print(f"{address:22}" + "".join(f"{score:16.0f}" for score in scores) + "".join(f"{v:16,.3g}" for v in values))
    for name in CATEGORIES[1:]:
        for reference in reports[0]["categories"][name]["auditRefs"]:
            audit = reports[0]["audits"][reference["id"]]
            if audit["score"] is not None and audit["score"] < 1 and reference["weight"]:
                print(f"    {name}: {audit['title']}")


if __name__ == "__main__":
    main()
