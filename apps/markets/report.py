"""The quality report in words and as JSON."""

from typing import Any

import numpy as np

from apps.markets.models import TIMEFRAMES
from engine.quality import Finding, Quality

SHOWN = 3  # times named in the text
LISTED = 100  # times listed in the JSON
NAMES = {seconds: name for name, seconds in TIMEFRAMES.items()}


def quality_text(quality: Quality) -> list[str]:
    """Lines for people."""
    head = f"{quality.bars} bars of {NAMES[quality.timeframe]} from {_iso(quality.first)} to {_iso(quality.last)}"
    found = [
        f"  {len(finding.times)} {finding.title}{_lacking(finding, quality)}: {_some(finding.times)}"
        for finding in quality.findings
        if len(finding.times)
    ]
    return [head, *(found or ["  nothing doubtful was found"])]


def quality_json(quality: Quality) -> dict[str, Any]:
    """Counts by check with the first times of each."""
    return {
        "timeframe": NAMES[quality.timeframe],
        "bars": quality.bars,
        "first": _iso(quality.first),
        "last": _iso(quality.last),
        "missing": quality.missing,
        "usable": quality.usable,
        "findings": {
            finding.check: {
                "title": finding.title,
                "count": len(finding.times),
                "times": [_iso(time) for time in finding.times[:LISTED]],
            }
            for finding in quality.findings
        },
    }


def _lacking(finding: Finding, quality: Quality) -> str:
    return f", {quality.missing} bars missing" if finding.check == "gap" else ""


def _some(times: np.ndarray) -> str:
    more = f" and {len(times) - SHOWN} more" if len(times) > SHOWN else ""
    return ", ".join(_iso(time) for time in times[:SHOWN]) + more


def _iso(seconds: int) -> str:
    return f"{np.datetime64(int(seconds), 's')}Z"
