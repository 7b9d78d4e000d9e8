"""What a bot was told, in words and numbers for people."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.bots.controls import CONTROLS, MOST, RECOVERIES, RECOVERY
from apps.bots.fields import RATIO_CONTROLS, SECONDS_CONTROLS, is_switch
from apps.bots.models import Bot, BotVersion
from apps.operations.formats import money, percent, span, timeframe
from engine.strategies.registry import REGISTRY

AFTER = "After a breakdown"
SIZES = {"equity": "of equity", "risk": "of equity at risk until the stop", "quote": ""}


@dataclass(frozen=True)
class Told:
    """One setting: its label and its value in words."""

    label: str
    value: str


@dataclass(frozen=True)
class Change:
    label: str
    old: str
    new: str


def told(version: BotVersion) -> list[Told]:
    """Everything a version says, size first."""
    return told_values(version.strategy, version.timeframe, version.params, version.controls)


def told_values(strategy: str, seconds: int, params: dict[str, Any], controls: dict[str, Any]) -> list[Told]:
    size = size_words(controls["size_mode"], controls["size"])
    lines = [Told("Bars of", timeframe(seconds)), Told("Size of a position", size)]
    names = [control.name for control in CONTROLS if control.name != "size"] + [
        item.name for item in REGISTRY[strategy].parameters
    ]
    values = controls | params
    lines += [Told(label(strategy, name), words(strategy, name, values.get(name))) for name in names]
    return [*lines, Told(AFTER, RECOVERIES[controls.get("recovery", RECOVERY)])]


def size_words(mode: str, size: float) -> str:
    shown = percent(size) if mode in MOST else money(size)
    return f"{shown} {SIZES[mode]}".strip()


def changes(version: BotVersion) -> list[Change]:
    """A version's difference to the one before."""
    return [
        Change(label(version.strategy, name), words(version.strategy, name, old), words(version.strategy, name, new))
        for name, old, new in version.diff
    ]


def label(strategy: str, name: str) -> str:
    labels = {"timeframe": "Bars of", "size_mode": "Size counted as", "recovery": AFTER}
    labels |= {control.name: control.label for control in CONTROLS}
    labels |= {item.name: item.label for item in REGISTRY[strategy].parameters}
    return labels.get(name, name)


def words(strategy: str, name: str, value: Any) -> str:
    """A setting's value with its unit; sizes stay numbers, for their unit depends on how they are counted."""
    if value is None:
        return "–"
    match _kind(strategy, name):
        case "timeframe":
            return timeframe(value)
        case "switch":
            return "yes" if value else "no"
        case "ratio":
            return percent(value) if value or name == "min_confidence" else "off"
        case "seconds":
            return span(value) if value else "off"
        case _:
            return value if isinstance(value, str) else f"{Decimal(repr(value)).normalize():f}"


def _kind(strategy: str, name: str) -> str:
    if name == "timeframe":
        return name
    if name in RATIO_CONTROLS:
        return "ratio"
    if name in SECONDS_CONTROLS:
        return "seconds"
    parameter = next((item for item in REGISTRY[strategy].parameters if item.name == name), None)
    if parameter is None:
        return ""
    return "switch" if is_switch(parameter) else parameter.kind


def differences(bot: Bot, name: str, new: dict[str, Any]) -> list[Change]:
    """What new ``params``, ``controls`` and ``timeframe`` and a new name would change."""
    version = bot.version
    assert version is not None
    before = {"timeframe": version.timeframe} | version.params | version.controls
    after = {"timeframe": new["timeframe"]} | new["params"] | new["controls"]
    found = [Change("Name", bot.name, name)] if name != bot.name else []
    return found + [
        Change(
            label(version.strategy, key),
            words(version.strategy, key, before.get(key)),
            words(version.strategy, key, value),
        )
        for key, value in after.items()
        if before.get(key) != value
    ]
