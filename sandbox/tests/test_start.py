"""The exchange as a program: started by hand, over TLS, with files of its own."""

import json
import ssl
import subprocess
import sys

import pytest
import requests
from coinbase.rest import RESTClient
from websockets.asyncio.client import connect

from sandbox.tests.program import ROOT, Program

pytestmark = pytest.mark.processes


def test_it_serves_the_official_client_over_tls_with_a_checked_certificate(tmp_path):
    program = Program(tmp_path, "--tls", "--algorithm", "EdDSA")
    try:
        address = program.lines["TLS"].split()[0].removeprefix("https://")
        client = RESTClient(key_file=str(tmp_path / "key.json"), base_url=address, timeout=30)
        client.session.verify, client.session.trust_env = str(tmp_path / "ca.pem"), False
        assert client.market_order_buy("mine", "BTC-USD", quote_size="100").success
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"https://{address}/api/v3/brokerage/time", timeout=30)
    finally:
        assert program.end() == 0


async def test_its_sockets_speak_tls_and_its_key_survives_a_restart(tmp_path):
    first = Program(tmp_path, "--tls")
    key = (tmp_path / "key.json").read_text()
    assert first.end() == 0
    second = Program(tmp_path, "--tls")
    try:
        assert (tmp_path / "key.json").read_text() == key
        address = second.lines["TLS"].split()[0].removeprefix("https://")
        trust = ssl.create_default_context(cafile=tmp_path / "ca.pem")
        async with connect(f"wss://{address}/", ssl=trust) as socket:
            await socket.send(json.dumps({"type": "subscribe", "channel": "level2", "product_ids": ["BTC-USD"]}))
            assert json.loads(await socket.recv())["channel"] == "l2_data"
    finally:
        second.end()


def test_options_that_cannot_be_used_are_named(tmp_path):
    command = [sys.executable, "-m", "sandbox", "--folder", str(tmp_path), "--deposit", "USD=1e5", "--port", "0"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "deposit must be CURRENCY=AMOUNT, was 'USD=1e5'" in ended.stderr
