"""What a failed call means: surely refused, surely not sent, or perhaps arrived."""

from http import HTTPStatus
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NameResolutionError, NewConnectionError

from exchanges.port import ExchangeError, Rejected, Unavailable, Unknown

UNSENT = (NewConnectionError, NameResolutionError, ConnectTimeoutError)
DENIED = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
LONGEST = 200  # characters of an answer that are told on


class KeyDenied(Unavailable):
    """The exchange does not take the key for this: unknown, deleted, not from this address, or without the scope."""


def failure(error: requests.RequestException, deed: str, *, acts: bool) -> ExchangeError:
    """What a failed call comes to. ``acts``: it was to change something, and perhaps did; a reading changes nothing
    and may always be made again."""
    if error.response is not None:
        return _answered(error.response, deed, acts=acts)
    if acts and not _unsent(error):
        return Unknown(f"{deed}: {_words(error)}; whether it arrived is not known")
    return Unavailable(f"{deed}: {_words(error)}")


def _answered(response: requests.Response, deed: str, *, acts: bool) -> ExchangeError:
    status, row = response.status_code, _row(response)
    told = row.get("message") or row.get("error_details") or ("" if "<" in response.text else response.text)
    words = f"{deed}: the exchange answered {status}" + (f": {str(told).strip()[:LONGEST]}" if told else "")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Unavailable(words)
    if status in DENIED or (HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and row.get("error")):
        if not acts and status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return KeyDenied(words)
        return Rejected(words, reason=str(row.get("error", status)))
    return Unknown(f"{words}; whether it took effect is not known") if acts else Unavailable(words)


def _row(response: requests.Response) -> dict[str, Any]:
    try:
        row = response.json()
    except requests.JSONDecodeError:
        return {}
    return row if isinstance(row, dict) else {}


def _unsent(error: requests.RequestException) -> bool:
    """Whether no connection came to be. A connection that broke may have carried the request."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    cause = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, UNSENT)


def _words(error: requests.RequestException) -> str:
    """What went wrong on the way, without the library's inner workings."""
    if isinstance(error, requests.exceptions.SSLError):
        return "the secure connection failed"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.JSONDecodeError | requests.exceptions.InvalidJSONError):
        return "the answer cannot be read"
    if isinstance(error, requests.ConnectionError):
        return "no connection" if _unsent(error) else "the connection broke"
    return type(error).__name__
