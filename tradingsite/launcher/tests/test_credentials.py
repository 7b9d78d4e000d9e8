"""The key of API keys: made once, for its owner's eyes, and given way to the environment's."""

import base64
import stat

import pytest

from tradingsite.launcher.credentials import credential_keys
from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.layout import Layout


@pytest.fixture
def layout(tmp_path):
    return Layout(root=tmp_path, data=tmp_path)


def test_it_is_made_once_and_readable_by_its_owner_alone(layout):
    key = credential_keys(layout, {})
    assert len(base64.urlsafe_b64decode(key)) == 32
    assert credential_keys(layout, {}) == key
    assert stat.S_IMODE((layout.data / "credential_keys").stat().st_mode) == 0o600


def test_one_that_others_could_read_is_closed(layout):
    key = credential_keys(layout, {})
    (layout.data / "credential_keys").chmod(0o644)
    assert credential_keys(layout, {}) == key
    assert stat.S_IMODE((layout.data / "credential_keys").stat().st_mode) == 0o600


def test_the_environments_own_is_taken_and_none_is_made(layout):
    assert credential_keys(layout, {"CREDENTIAL_KEYS": "given"}) == "given"
    assert not (layout.data / "credential_keys").exists()


def test_a_folder_that_cannot_be_written_is_told(layout):
    (layout.data / "credential_keys").mkdir()
    with pytest.raises(LauncherError, match="must be readable"):
        credential_keys(layout, {})
