"""Every actor has a process that loads it, and with it works its queue off."""

import re
import sys
from importlib import import_module
from pathlib import Path

from tradingsite.launcher.procfile import read_procfile

ROOT = Path(__file__).resolve().parents[2]


def test_the_processes_load_the_actors_of_all_apps():
    commands = read_procfile(ROOT / "Procfile").values()
    modules = [module for command in commands for module in re.findall(r" dramatiq ([\w.]+)", command)]
    assert len(modules) == 2
    exported = {actors.__name__ for name in modules for actors in map(import_module(name).__dict__.get, all_of(name))}
    there = {f"apps.{path.parent.name}.actors" for path in ROOT.glob("apps/*/actors.py")}
    assert exported == there


def all_of(module: str) -> list[str]:
    return sys.modules[module].__all__
