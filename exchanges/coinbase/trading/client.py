"""The official client, held to our rules: explicit timeouts, a shared budget, the exchange's clock, no redirects."""

import logging
from collections.abc import Callable, Mapping
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
from coinbase.constants import USER_AGENT
from coinbase.rest import RESTClient
from requests.adapters import HTTPAdapter

from exchanges.coinbase.addresses import Addresses
from exchanges.coinbase.trading.clock import Clock
from exchanges.coinbase.trading.errors import failure
from exchanges.coinbase.trading.pace import Pace, Urgency
from exchanges.coinbase.trading.signer import BadKey, Credentials, Signer
from exchanges.port import Unavailable, Unknown

PREFIX = "/api/v3/brokerage"
CONNECT, READ = 3.0, 6.0  # seconds; together below EXCHANGE_TIMEOUT
PARTED = 1.0  # seconds; clocks that are read twice differ by less
Row = dict[str, Any]

# The library logs every refusal on a handler of its own; ours are told where they matter.
library = logging.getLogger("coinbase.RESTClient")
library.handlers.clear()
library.setLevel(logging.CRITICAL)


class _Plain(HTTPAdapter):
    """The official client knows only https://; a server on this machine speaks http://."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        request.url = "http://" + (request.url or "").removeprefix("https://")
        return super().send(request, *args, **options)


class _Signed(RESTClient):
    """Signs by the exchange's clock with a key that is read once."""

    def __init__(self, signer: Signer, clock: Clock, address: str) -> None:
        # Given explicitly, or the library would take what the environment has.
        super().__init__(api_key=signer.name, api_secret="", base_url=address, timeout=(CONNECT, READ))
        self._signer, self._clock = signer, clock

    def set_headers(self, method: str, path: str) -> dict[str, str]:
        token = self._signer.token(self._clock.now(), f"{method} {self.base_url}{path}")
        return {"User-Agent": USER_AGENT, "Content-Type": "application/json", "Authorization": f"Bearer {token}"}


class Client:
    """Private calls with one key. Not for several threads at once: each has its own.

    ``credentials`` is asked at the first call; what it raises ends that call: Unavailable for one that may not be used.
    """

    def __init__(self, credentials: Callable[[], Credentials], addresses: Addresses, pace: Pace, clock: Clock) -> None:
        self._credentials, self._root = credentials, urlsplit(addresses.rest)
        self._pace, self._clock = pace, clock

    def get(self, path: str, **query: Any) -> Row:
        """Reads. Raises Unavailable, KeyDenied or Rejected."""
        return self._call("GET", path, query, None, Urgency.READ, acts=False)

    def ask(self, path: str, body: Mapping[str, Any]) -> Row:
        """A POST that changes nothing, such as a preview."""
        return self._call("POST", path, {}, body, Urgency.READ, acts=False)

    def act(self, path: str, body: Mapping[str, Any], urgency: Urgency) -> Row:
        """A POST that changes something. Raises Unknown when it may have arrived."""
        return self._call("POST", path, {}, body, urgency, acts=True)

    def close(self) -> None:
        if "_rest" in self.__dict__:
            self._rest.session.close()

    @cached_property
    def _rest(self) -> _Signed:
        try:
            rest = _Signed(Signer(self._credentials()), self._clock, self._root.netloc)
        except BadKey as error:
            raise Unavailable(str(error)) from None
        rest.session.max_redirects = 0  # a POST that is led elsewhere becomes a GET
        rest.session.auth = _keep  # else an entry in ~/.netrc would replace the token
        if self._root.scheme == "http":
            rest.session.mount(f"https://{self._root.netloc}", _Plain())
        return rest

    def _call(
        self, method: str, path: str, query: Row, body: Mapping[str, Any] | None, urgency: Urgency, *, acts: bool
    ) -> Row:
        deed, rest = f"{method} {path}", self._rest
        self._pace.wait(urgency)
        skew = self._clock.skew
        try:
            row = rest.prepare_and_send_request(method, PREFIX + path, query, dict(body) if body else None)
        except requests.RequestException as error:
            if error.response is not None:
                self._pace.answered(error.response.status_code, error.response.headers)
                if error.response.status_code == HTTPStatus.UNAUTHORIZED and self._has_parted(skew):
                    raise Unavailable(f"{deed}: the exchange's clock has been set; nothing was done") from None
            raise failure(error, deed, acts=acts) from None  # its request holds the token
        if not isinstance(row, dict):
            words = f"{deed}: the answer must be an object, was a {type(row).__name__}"
            raise Unknown(words) if acts else Unavailable(words)
        return row

    def _has_parted(self, skew: float) -> bool:
        """Whether a token was refused for its time, which may be made anew, and not for its key."""
        self._clock.doubt()
        return abs(self._clock.skew - skew) > PARTED


def _keep(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
