"""The stand-in's public REST."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tradingsite.testing.coinbase.tape import Tape, stamp

PREFIX = "/api/v3/brokerage"
SECONDS = {
    "ONE_MINUTE": 60, "FIVE_MINUTE": 300, "FIFTEEN_MINUTE": 900, "ONE_HOUR": 3600, "FOUR_HOUR": 14400,
    "SIX_HOUR": 21600, "ONE_DAY": 86400,
}  # fmt: skip
Answer = tuple[int, Any]


class Rest:
    """``faults`` are used up one a request: a status, or seconds to hang. ``asked`` keeps what was asked for."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.faults: list[int | float] = []
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        if path == "/time":
            now = self.tape.now()
            return 200, {"iso": stamp(now), "epochSeconds": str(int(now)), "epochMillis": str(int(now * 1000))}
        if path == "/market/products":
            rows = list(self.tape.products.values())
            return 200, {"products": rows, "num_products": len(rows), "pagination": None}
        if path == "/market/product_book":
            return self._book(query["product_id"])
        *_, symbol, what = f"{path}/".removeprefix("/market/products").split("/")[:3]
        if symbol not in self.tape.products:
            text = f"Product {symbol} not supported"
            return 404, {"error": "NOT_FOUND", "error_details": text, "message": text}
        return self._of_product(symbol, what, query)

    def _of_product(self, symbol: str, what: str, query: dict[str, str]) -> Answer:
        if what == "candles":
            return self._candles(symbol, query)
        if what == "ticker":
            return 200, {"trades": [each.row() for each in self.tape.last(symbol, int(query["limit"]))]}
        return 200, self.tape.products[symbol]

    def _candles(self, symbol: str, query: dict[str, str]) -> Answer:
        seconds, start, end = SECONDS[query["granularity"]], int(query["start"]), int(query["end"])
        if (end - start) / seconds > 350:
            text = "start and end argument is invalid - number of candles requested should be less than 350 "
            return 400, {"error": "INVALID_ARGUMENT", "error_details": text, "message": text}
        return 200, {"candles": self.tape.candles(symbol, seconds, start, end)}

    def _book(self, symbol: str) -> Answer:
        last = self.tape.last(symbol, 1)
        price = last[0].price if last else 1
        side = [{"price": str(price), "size": "1"}]
        return 200, {
            "pricebook": {"product_id": symbol, "bids": side, "asks": side, "time": stamp(self.tape.now())}
        }  # fmt: skip

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        rest = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                rest.asked.append(self.path)
                fault = rest.faults.pop(0) if rest.faults else 0
                if isinstance(fault, float):
                    time.sleep(fault)
                elif fault:
                    self._send(fault, b"<html>Too many requests</html>", "text/html")
                    return
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                status, row = rest.answer(parts.path.removeprefix(PREFIX), query)
                self._send(status, json.dumps(row, separators=(",", ":")).encode(), "application/json")

            def _send(self, status: int, body: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        return Handler
