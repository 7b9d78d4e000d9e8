"""Templates obey the content security policy: nothing inline, no eval, every part under a name of its own."""

import gzip
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
BANNED = {
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE),
    "a javascript address": re.compile(r"javascript:", re.IGNORECASE),
    "a filter that trusts its input": re.compile(r"\|\s*safe\b"),
}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_has_nothing_inline(template):
    text = template.read_text()
    assert [what for what, pattern in BANNED.items() if pattern.search(text)] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_it_evaluates_no_text(script):
    text = script.read_text()
    assert not re.search(r"\beval\(|new Function|setTimeout\(\s*[\"'`]|document\.write|\.style\.", text)


def test_the_lint_finds_what_it_looks_for():
    bad = ['<a onclick="x()">', '<p style="x">', "<style>", "<script>x", '<a href="javascript:x">', "{{ x|safe }}"]
    assert all(any(pattern.search(text) for pattern in BANNED.values()) for text in bad)


def test_the_style_sheet_keeps_its_budget():
    assert len(gzip.compress((ROOT / "static" / "css" / "site.css").read_bytes())) <= 15_000
