"""Who holds a part of an account: '' is the account itself, 'bot-12' a bot, 'manual' its owner's hand."""

MANUAL = "manual"
BY_HAND = "by hand"


def bot_of(holder: str) -> int | None:
    """'bot-12' -> 12; None for what no bot holds."""
    kind, _, number = holder.partition("-")
    return int(number) if kind == "bot" and number.isdecimal() else None


def holder_words(holder: str) -> str:
    """How pages call a holder that is no bot of today."""
    return BY_HAND if holder in ("", MANUAL) else holder
