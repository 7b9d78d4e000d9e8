import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tradingsite.launcher.memory import memory_by_root
from tradingsite.launcher.tests.checkout import wait_for

HOLDER = """
import subprocess, sys, time
held = bytearray(int(sys.argv[1]) * 1_000_000)
if len(sys.argv) > 2:
    subprocess.Popen([sys.executable, "-c", sys.argv[3], sys.argv[2]])
print("ready", flush=True)
time.sleep(60)
"""
pytestmark = pytest.mark.skipif(not os.path.exists("/proc/self/smaps_rollup"), reason="only Linux tells")


@pytest.fixture
def family() -> Iterator[int]:
    """A process that holds 50 MB and has started one that holds 30 MB."""
    command = [sys.executable, "-c", HOLDER, "50", "30", HOLDER]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout
    process.stdout.readline()
    process.stdout.readline()
    yield process.pid
    os.killpg(process.pid, 9)
    process.wait()
    process.stdout.close()


def test_it_counts_what_a_process_and_its_children_hold(family: int) -> None:
    wait_for(lambda: 80e6 < memory_by_root([family])[family] < 130e6, "both in memory")


def test_it_knows_nothing_of_a_process_that_is_gone() -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    assert memory_by_root([process.pid]) == {process.pid: 0}
