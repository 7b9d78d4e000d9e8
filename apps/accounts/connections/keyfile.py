"""Reading the key file that the exchange gives out, pasted or uploaded."""

import json
from typing import Any

from django.core.exceptions import ValidationError

from exchanges.coinbase.trading.signer import BadKey, Credentials, private_key

LONGEST = 4096  # characters
NAME_LONGEST = 200


def read_key(text: str) -> Credentials:
    """The key of a file's text. ValidationError says what is wrong and never quotes it."""
    if len(text) > LONGEST:
        raise ValidationError({"key": f"must have at most {LONGEST} characters, had {len(text)}"})
    row = _object(text.strip())
    name, secret = row.get("name") or row.get("id"), row.get("privateKey")
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= NAME_LONGEST:
        raise ValidationError({"key": "must have the key's name in 'name' or 'id', had none"})
    if not isinstance(secret, str) or not secret.strip():
        raise ValidationError({"key": "must have the key in 'privateKey', had none"})
    try:
        private_key(secret)
    except BadKey as error:
        raise ValidationError({"key": str(error)}) from None
    return Credentials(name.strip(), secret)


def masked(name: str) -> str:
    """How its owner recognises a key: the end of its name."""
    return f"…{name[-6:]}"


def _object(text: str) -> dict[str, Any]:
    try:
        row = json.loads(text)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise ValidationError({"key": "must be the text of the JSON file that Coinbase gave you, was another text"})
    return row
