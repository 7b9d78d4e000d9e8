"""Importing a candle file, with a report on its quality."""

import json
from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from apps.markets.files import CandleFileError, read_candles, read_rows
from apps.markets.imports import SIZES, candles_import, timeframe_parse
from apps.markets.report import quality_json, quality_text
from apps.operations import audit
from apps.operations.commands import HandCommand
from engine.quality import Finding, Quality, differences, examine


class Command(HandCommand):
    help = "Import candles (Parquet or CSV: time, open, high, low, close, volume) as the history of a venue."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--venue", required=True, help="a real venue, such as coinbase")
        parser.add_argument("--product", required=True, help="such as BTC-USD")
        parser.add_argument("--timeframe", required=True, help="of the file, such as 1m")
        parser.add_argument("--dry-run", action="store_true", help="check and report, store nothing")
        parser.add_argument("--replace", action="store_true", help="days that are stored get a new revision")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument(
            "--reference", type=Path, help="the exchange's own candles of a higher timeframe, to compare"
        )
        parser.add_argument("--reference-timeframe", default="1d")
        for name in SIZES:
            parser.add_argument(f"--{name.replace('_', '-')}", help="of a product that is new to the venue")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._import(options)
        except CandleFileError as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            text = "; ".join(f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items())
            raise CommandError(text) from error

    def _import(self, options: dict[str, Any]) -> None:
        file, timeframe = options["file"], timeframe_parse(options["timeframe"])
        rows = read_rows(file)
        quality = examine(rows, timeframe)
        if options["reference"]:
            quality = _compared(quality, rows, options["reference"], timeframe_parse(options["reference_timeframe"]))
        if not quality.usable:
            self._report(options, quality, days=[])
            raise CommandError(f"{file}: bars must be on the grid, possible and there once; nothing was imported")
        candles = read_candles(file)
        _check_step(file, candles, options["timeframe"], timeframe)
        imported = candles_import(
            venue=options["venue"], symbol=options["product"], timeframe=timeframe, candles=candles, source=file.name,
            sizes=_sizes(options), replace=options["replace"], dry_run=options["dry_run"],
        )  # fmt: skip
        if not options["dry_run"]:
            told = {name: options[name] for name in ("venue", "product", "replace")}
            audit.record(
                actor=None, action="candles.import", detail={**told, "file": file.name, "days": len(imported.days)}
            )
        self._report(options, quality, days=[str(day) for day in imported.days])

    def _report(self, options: dict[str, Any], quality: Quality, days: list[str]) -> None:
        stored = len(days) if not options["dry_run"] else 0
        if options["json"]:
            place = {name: options[name] for name in ("venue", "product", "dry_run")}
            document = {"file": str(options["file"]), **place, "quality": quality_json(quality), "days_stored": stored}
            self.stdout.write(json.dumps(document, indent=2))
            return
        for line in quality_text(quality):
            self.stdout.write(line)
        if options["dry_run"] and quality.usable:
            self.stdout.write(f"dry run: {len(days)} days would be stored")
        elif days:
            self.stdout.write(f"stored {stored} days of {options['product']} at {options['venue']}")


def _compared(quality: Quality, rows: np.ndarray, reference: Path, seconds: int) -> Quality:
    ordered = rows[np.unique(rows["time"], return_index=True)[1]]
    times = differences(ordered, read_candles(reference), seconds)
    title = f"bars that do not add up to those of {reference.name}"
    return Quality(**{**vars(quality), "findings": (*quality.findings, Finding("reference", title, times))})


def _check_step(file: Path, candles: np.ndarray, name: str, timeframe: int) -> None:
    step = int(np.diff(candles["time"]).min()) if len(candles) > 1 else timeframe
    if step > timeframe:
        raise CandleFileError(file, f"must hold bars of {name}, but none are closer than {step} s", column="time")


def _sizes(options: dict[str, Any]) -> dict[str, Decimal]:
    sizes = {}
    for name in SIZES:
        try:
            if options[name] is not None:
                sizes[name] = Decimal(options[name])
        except InvalidOperation as error:
            raise ValidationError({name: f"must be a number above 0, was {options[name]!r}"}) from error
    return sizes
