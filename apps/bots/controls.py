"""A bot's trade controls: checked once at the border, handed to the core as BotSettings."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from engine.config import BotSettings
from engine.kinds import SizeMode


@dataclass(frozen=True)
class Control:
    """One control of the form: bounds are inclusive, seconds are whole."""

    name: str
    label: str
    help: str
    default: float
    minimum: float
    maximum: float
    whole: bool = False


CONTROLS = (
    Control("size", "Size", "quote amount, or a ratio of equity (0.05 = 5 %)", 0.05, 0, 1_000_000_000),
    Control("confirmation", "Confirmation", "seconds a signal must last before it may trade", 0, 0, 86_400, True),
    Control("cooldown", "Cooldown", "seconds after an exit without a new entry", 0, 0, 604_800, True),
    Control("step", "Price step", "least price move between two entries, as a ratio", 0, 0, 1),
    Control("min_confidence", "Least confidence", "a signal below it does not trade, 0 to 1", 0.7, 0, 1),
)
SIZE_MODES = {"quote": SizeMode.QUOTE, "equity": SizeMode.EQUITY, "risk": SizeMode.RISK}
# What becomes of a bot whose account was left alone for long, such as after a breakdown.
RECOVERIES = {
    "resume": "Goes on where it was",
    "flatten": "Cancels its orders, sells its position and pauses",
    "hold": "Keeps its position with its stop and pauses",
}
RECOVERY = "resume"  # unless told otherwise
MOST = {"equity": 1.0, "risk": 0.01}  # largest ratio of equity a position may take or put at risk


def validate(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Clean controls with defaults filled in. ValidationError names each field, its value and the rule."""
    errors: dict[str, str] = {}
    clean: dict[str, Any] = {}
    unknown = set(raw) - {control.name for control in CONTROLS} - {"size_mode", "recovery"}
    errors.update(dict.fromkeys(sorted(unknown), "is not a control of a bot"))
    mode = clean["size_mode"] = str(raw.get("size_mode", "equity"))
    if mode not in SIZE_MODES:
        errors["size_mode"] = f"must be one of {', '.join(SIZE_MODES)}, was {mode!r}"
    recovery = clean["recovery"] = str(raw.get("recovery", RECOVERY))
    if recovery not in RECOVERIES:
        errors["recovery"] = f"must be one of {', '.join(RECOVERIES)}, was {recovery!r}"
    for control in CONTROLS:
        try:
            clean[control.name] = _number(control, raw.get(control.name, control.default))
        except ValueError as error:
            errors[control.name] = str(error)
    if "size" in clean and clean["size"] <= 0:
        errors["size"] = f"must be above 0, was {raw.get('size')}"
    elif "size" in clean and clean["size"] > MOST.get(mode, math.inf):
        errors["size"] = f"must be at most {MOST[mode]} of equity, was {clean['size']}"
    if errors:
        raise ValidationError(errors)
    return clean


def _number(control: Control, value: Any) -> float | int:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"must be a number, was {value!r}") from None
    if not math.isfinite(number) or not control.minimum <= number <= control.maximum:
        raise ValueError(f"must be from {control.minimum:g} to {control.maximum:g}, was {value}")
    if control.whole and number != int(number):
        raise ValueError(f"must be whole seconds, was {value}")
    return int(number) if control.whole else number


def bot_settings(controls: Mapping[str, Any], timeframe: int) -> BotSettings:
    """The core's form of validated controls; timeframe in seconds."""
    fields = {name: controls[name] for name in ("size", "confirmation", "cooldown", "step", "min_confidence")}
    return BotSettings(size_mode=SIZE_MODES[controls["size_mode"]], timeframe=timeframe, **fields)
