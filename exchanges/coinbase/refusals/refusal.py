"""One reason of the exchange in our words."""

from typing import NamedTuple


class Refusal(NamedTuple):
    """``field`` is ours at fault (of NewOrder), '' when none is; ``words`` go on after its label: 'must be ...'.

    Without a field they are a sentence of their own.
    """

    field: str
    words: str


Refusals = dict[str, Refusal]


def of(field: str, **words: str) -> Refusals:
    """The refusals of one field, by reason."""
    return {reason: Refusal(field, each) for reason, each in words.items()}
