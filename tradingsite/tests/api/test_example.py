"""The script of docs/api.md does what the page says."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from apps.bots.models import Bot
from tradingsite.testing.market import Market
from tradingsite.testing.people import make_account, make_user

PAGE = Path(__file__).resolve().parents[3] / "docs" / "api.md"
PASSWORD = "correct horse battery"
PATIENCE = 120.0  # seconds


def script() -> str:
    return "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL))


@pytest.mark.django_db(transaction=True)
def test_it_signs_in_makes_a_bot_and_follows_it(live_server):
    market, account = Market(), make_account(make_user("script@example.org", password=PASSWORD))
    told = {"SITE": live_server.url, "EMAIL": "script@example.org", "PASSWORD": PASSWORD, "DECISIONS": "2"}
    with subprocess.Popen(
        [sys.executable, "-c", script()],
        env=os.environ | told,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as follower:
        deadline = time.monotonic() + PATIENCE
        while follower.poll() is None and time.monotonic() < deadline:
            if Bot.objects.filter(state=Bot.State.RUNNING).exists():
                market.bar(100)
            time.sleep(0.6)
        follower.kill()
        said = follower.stdout.read()
    assert follower.returncode == 0, said
    lines = said.splitlines()
    assert len(lines) == 2
    assert all(re.match(r"2020-02-10T00:\d\d:00Z No entry: ", line) for line in lines), said
    bot = Bot.objects.get(account=account)
    assert (bot.name, bot.state, bot.state_reason) == ("My first script", "stopped", "enough seen")
