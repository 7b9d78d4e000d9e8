"""The API describes itself completely, and its pages come from here alone."""

import re

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator


@pytest.fixture(scope="module")
def operations():
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    return {f"{method} {path}": operation for path, methods in paths.items() for method, operation in methods.items()}


def test_the_schema_is_valid_and_warns_of_nothing(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))


def test_every_operation_says_what_it_does_and_how_it_fails(operations):
    for name, operation in operations.items():
        assert operation.get("summary"), name
        assert "429" in operation["responses"], name
        if operation.get("security", [{}]) != [{}]:
            assert {"401", "403"} <= set(operation["responses"]), name


def test_every_operation_shows_an_example_of_what_it_takes_and_gives(operations):
    without = []
    for name, operation in operations.items():
        if "/api/v1/" not in name:
            continue
        answer = next(each for status, each in operation["responses"].items() if status.startswith("2"))
        for part in (operation.get("requestBody"), answer):
            content = (part or {}).get("content", {}).get("application/json")
            if content and not content.get("examples"):
                without.append(name)
    assert not without


@pytest.mark.parametrize("page", ["docs", "redoc"])
def test_the_pages_load_nothing_from_elsewhere(client, page):
    answer = client.get(f"/api/{page}/")
    assert answer.status_code == 200
    sources = re.findall(r'(?:src|href|spec-url)="([^"]*)"', answer.content.decode())
    assert sources
    assert all(source.startswith("/") for source in sources)
    assert "<style" not in answer.content.decode()
    assert not re.search(r"<script(?![^>]*src=)", answer.content.decode())


def test_only_the_reference_may_write_styles_into_its_page(client):
    policies = {page: client.get(f"/api/{page}/").headers["Content-Security-Policy"] for page in ("docs", "redoc")}
    assert "unsafe" not in policies["docs"]
    assert re.findall(r"[a-z-]+ [^;]*'unsafe-inline'", policies["redoc"]) == ["style-src 'self' 'unsafe-inline'"]
