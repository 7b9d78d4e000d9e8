import pytest

from apps.markets import registry


@pytest.fixture
def heard(monkeypatch):
    """What the market tells upwards, in place of the platform's own listeners: nothing waits for anything."""
    told = {"events": [], "sessions": []}
    monkeypatch.setattr(registry, "on_event", [told["events"].append])
    monkeypatch.setattr(registry, "on_session", [lambda *sessions: told["sessions"].append(sessions)])
    monkeypatch.setattr(registry, "is_settled", [])
    return told
