"""Who may call: tokens as clients make them, and every way in which one is wrong."""

import base64
import time

import jwt
import pytest
import requests
from coinbase.jwt_generator import build_rest_jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from requests.exceptions import HTTPError

from sandbox.rest.app import PREFIX as API


def token(key: dict, **changes) -> str:
    now = int(time.time())
    claims = {"sub": key["name"], "iss": "cdp", "nbf": now, "exp": now + 120, "uri": f"GET x{API}/accounts"} | changes
    return jwt.encode(claims, key["privateKey"], "ES256", headers={"kid": key["name"], "nonce": "0"})


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 200),
        ({"iss": "coinbase-cloud", "aud": ["retail_rest_api_proxy"]}, 200),
        ({"uri": f"GET http://127.0.0.1:1{API}/accounts"}, 200),
        ({"uri": None, "uris": [f"GET x{API}/accounts"]}, 200),
        ({"uri": f"POST x{API}/accounts"}, 401),
        ({"uri": f"GET x{API}/orders"}, 401),
        ({"uri": f"GET x{API}/accounts?limit=1"}, 401),
        ({"uri": "GET http://["}, 401),
        ({"uri": 5}, 401),
        ({"nbf": None}, 401),
        ({"exp": "2027-01-01"}, 401),
        ({"nbf": float("nan"), "exp": float("nan")}, 401),
        ({"sub": "another"}, 401),
        ({"iss": "me"}, 401),
        ({"nbf": 0, "exp": 60}, 401),
        ({"exp": 4_000_000_000}, 401),
        ({"nbf": 4_000_000_000, "exp": 4_000_000_060}, 401),
    ],
)
def test_a_token_must_fit_the_call(exchange, changes, status):
    headers = {"Authorization": f"Bearer {token(exchange.key(), **changes)}"}
    answer = requests.get(f"{exchange.root}{API}/accounts", headers=headers, timeout=30)
    assert answer.status_code == status
    if status == 401:
        assert answer.text == "Unauthorized\n"


def test_a_client_may_read_the_clock_for_each_end_of_a_token(exchange):
    now, key = int(time.time()), exchange.key()
    for begun, status in ((now - 1, 200), (now - 2, 401)):
        headers = {"Authorization": f"Bearer {token(key, nbf=begun, exp=now + 120)}"}
        assert requests.get(f"{exchange.root}{API}/accounts", headers=headers, timeout=30).status_code == status


def test_another_key_s_signature_is_no_good(exchange):
    mine, other = exchange.key(), exchange.key()
    forged = token({"name": mine["name"], "privateKey": other["privateKey"]})
    headers = {"Authorization": f"Bearer {forged}"}
    assert requests.get(f"{exchange.root}{API}/accounts", headers=headers, timeout=30).status_code == 401
    assert requests.get(f"{exchange.root}{API}/accounts", timeout=30).status_code == 401


def accounts(exchange, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{exchange.root}{API}/accounts", headers=headers, timeout=30).status_code


@pytest.mark.parametrize(("algorithm", "other"), [("ES256", "EdDSA"), ("EdDSA", "ES256")])
def test_a_token_must_be_signed_by_the_key_it_names_with_its_algorithm(exchange, algorithm, other):
    key, another = exchange.key(algorithm), exchange.key(other)
    claims = jwt.decode(build_rest_jwt(f"GET x{API}/accounts", **named(key)), options={"verify_signature": False})
    secret, wrong = (load(row["privateKey"]) for row in (key, another))
    header = {"kid": key["name"]}
    assert accounts(exchange, jwt.encode(claims, secret, algorithm, header)) == 200
    assert accounts(exchange, jwt.encode(claims, wrong, other, header)) == 401
    assert accounts(exchange, jwt.encode(claims, None, "none", header)) == 401
    assert accounts(exchange, jwt.encode(claims, "a secret of thirty-two characters", "HS256", header)) == 401
    assert accounts(exchange, jwt.encode(claims, secret, algorithm, {"kid": another["name"]})) == 401
    assert accounts(exchange, jwt.encode(claims, secret, algorithm, {"kid": "nobody's"})) == 401
    assert accounts(exchange, jwt.encode(claims, secret, algorithm)) == 401
    deep = base64.urlsafe_b64encode(b"[" * 5000).decode().rstrip("=")
    for broken in ("no.token.", "bnVsbA.e30.", "W10.e30.", f"{deep}.e30.x", "."):
        assert accounts(exchange, broken) == 401


def named(key: dict) -> dict:
    return {"key_var": key["name"], "secret_var": key["privateKey"]}


def load(secret: str):
    if secret.startswith("-----"):
        return load_pem_private_key(secret.encode(), None)
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret)[:32])


def test_a_key_may_be_bound_to_addresses(exchange):
    client = exchange.client()
    name = client.api_key

    def bind(*addresses: str):
        exchange.admin("POST", "/keys", {"name": name, "addresses": list(addresses)})

    bind("203.0.113.7", "10.0.0.0/8")
    with pytest.raises(HTTPError, match="401"):
        client.get_accounts()
    bind("10.0.0.0/8", "127.0.0.0/8")
    assert client.get_accounts().accounts
    bind()
    assert client.get_accounts().accounts
    with pytest.raises(ValueError, match="does not appear to be an IPv4 or IPv6 network"):
        bind("home")


def test_a_revoked_key_is_no_good(exchange):
    client = exchange.client()
    exchange.admin("POST", "/keys", {"name": client.api_key, "revoked": True})
    with pytest.raises(HTTPError, match="401"):
        client.get_accounts()


def test_a_key_that_may_only_look_cannot_trade(exchange):
    client = exchange.client(scopes=["view"])
    assert client.get_accounts().accounts
    with pytest.raises(HTTPError, match="Missing Required Scopes"):
        client.market_order_buy("x", "BTC-USD", quote_size="10")
