"""What the API reads: JSON in UTF-8 and of a bounded size, however it is announced."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from apps.operations.api.refusals import TooLarge

MOST = 64 * 1024  # bytes
CHARSETS = {"utf-8", "utf8", "us-ascii"}


class JsonParser(BaseParser):
    """Strict JSON: no NaN, no endless nesting, and never more than ``MOST`` bytes, with or without a length."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        check_charset((parser_context or {})["request"])
        body = stream.read(MOST + 1)
        if len(body) > MOST:
            raise TooLarge(f"The body must have at most {MOST} bytes.")
        try:
            data = json.loads(body.decode(), parse_constant=_refuse)
            json.dumps(data, ensure_ascii=False).encode()  # half a surrogate pair could be neither stored nor said back
        except RecursionError:
            raise ParseError("The body must be JSON that is nested less deeply.") from None
        except ValueError as error:
            raise ParseError(f"The body must be JSON in UTF-8: {error}") from None
        return data


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def check_charset(request: Request) -> None:
    """Raises UnsupportedMediaType for a charset other than UTF-8, with which Django would read the address too."""
    charset = (request._request.content_params or {}).get("charset", "utf-8").lower()
    if charset not in CHARSETS:
        request._request.encoding = "utf-8"
        raise UnsupportedMediaType(charset, f"The charset must be utf-8, was {charset[:40]}.")
