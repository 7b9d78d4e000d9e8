"""Another client than the official one: what ccxt 4.5.90 was seen to send here is answered as it was then.

ccxt itself is no dependency: docs/sandbox.md says how it was tried. ORDER, TRADE and PORTFOLIO stand for ids.
"""

import json
from pathlib import Path

import requests
from coinbase.jwt_generator import build_rest_jwt

from sandbox.testing import Sandbox

REQUESTS = json.loads((Path(__file__).parent / "ccxt_requests.json").read_text())


class Other:
    """ccxt puts the whole address into the token's uri, and no body into a GET."""

    def __init__(self, exchange: Sandbox) -> None:
        self.root, self.key = exchange.root, exchange.key()
        self.ids: dict[str, str] = {}

    def ask(self, row: dict) -> dict:
        text = json.dumps(row)
        for name, uuid in self.ids.items():
            text = text.replace(name, uuid)
        row = json.loads(text)
        url = self.root + row["path"]
        token = build_rest_jwt(f"{row['method']} {url}", self.key["name"], self.key["privateKey"])
        headers = {"Authorization": f"Bearer {token}"} if row["signed"] else {}
        sent = {"params": row["query"], "json": row["body"], "headers": headers}
        answer = requests.request(row["method"], url, timeout=30, **sent)
        assert answer.status_code == 200, (row, answer.text)
        return answer.json()


def test_every_request_of_ccxt_is_answered(exchange):
    exchange.price("65086.72")
    other, answers = Other(exchange), {}
    for name, row in REQUESTS.items():
        answers[name] = other.ask(row)
        if name == "createOrder limit":
            other.ids["ORDER"] = answers[name]["success_response"]["order_id"]
        elif name == "fetchConvertQuote":
            other.ids["TRADE"] = answers[name]["trade"]["id"]
        elif name == "fetchPortfolios":
            other.ids["PORTFOLIO"] = answers[name]["portfolios"][0]["uuid"]
    orders = {name: row for name, row in answers.items() if name.startswith("createOrder ") and "preview" not in name}
    assert len(orders) == 12
    assert {name: row.get("error_response") for name, row in orders.items()} == dict.fromkeys(orders)
    assert answers["editOrder"] == {"success": True, "errors": []}
    assert answers["createOrder preview"]["errs"] == []
    assert answers["fetchOrder"]["order"]["order_configuration"]["limit_limit_gtc"]["base_size"] == "0.02"
    assert answers["cancelOrder"]["results"][0]["success"] is True
    assert answers["fetchConvertTrade"]["trade"]["status"] == "TRADE_STATUS_COMPLETED"
    assert len(REQUESTS) > 45
