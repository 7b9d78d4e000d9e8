"""Who holds a part of an account: '' is the account itself, 'bot-12' a bot."""


def bot_of(holder: str) -> int | None:
    """'bot-12' -> 12; None for what no bot holds."""
    kind, _, number = holder.partition("-")
    return int(number) if kind == "bot" and number.isdecimal() else None
