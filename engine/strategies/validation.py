"""Parameters from outside: refused with field, value and rule, or warned about."""

from collections.abc import Mapping

from engine.config import Costs
from engine.strategies.base import Parameter, ParameterError, Params, Strategy


def validate(strategy: Strategy, raw: Mapping[str, object]) -> dict[str, int | float]:
    """All parameters of the strategy, typed, defaults filled in; strings from forms and command lines are taken.

    Raises ParameterError for an unknown name, what is no number, what is out of bounds and what does not go together.
    """
    known = {parameter.name: parameter for parameter in strategy.parameters}
    for name, value in raw.items():
        if name not in known:
            raise ParameterError(name, value, f"must be a parameter of {strategy.name} ({', '.join(known)})")
    params = strategy.defaults() | {name: known[name].parse(value) for name, value in raw.items()}
    for rule in strategy.rules:
        rule(params)
    return params


def warnings(strategy: Strategy, params: Params, costs: Costs) -> list[str]:
    """What is allowed but deserves a second thought, one sentence each."""
    found = [_unusual(parameter, params[parameter.name]) for parameter in strategy.parameters]
    return [text for text in [*found, _target_below_costs(params, costs)] if text]


def _unusual(parameter: Parameter, value: float) -> str:
    if parameter.usual is None or parameter.usual[0] <= value <= parameter.usual[1]:
        return ""
    low, high = (_text(parameter, bound) for bound in parameter.usual)
    return f"The {parameter.label.lower()} of {_text(parameter, value)} lies outside the usual {low} to {high}."


def _target_below_costs(params: Params, costs: Costs) -> str:
    target = params.get("target", 0)
    round_trip = float(costs.taker + costs.maker + costs.slippage)
    if not 0 < target <= round_trip:
        return ""
    return (
        f"The target of {_percent(target)} lies below the round-trip cost of {_percent(round_trip)}: "
        "this trade always loses."
    )


def _text(parameter: Parameter, value: float) -> str:
    if parameter.kind == "ratio":
        return _percent(value)
    return f"{value:g} s" if parameter.kind == "seconds" else f"{value:g}"


def _percent(ratio: float) -> str:
    return f"{ratio * 100:.2f} %"
