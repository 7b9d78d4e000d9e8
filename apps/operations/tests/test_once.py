"""Forms that act once."""

from types import SimpleNamespace

from apps.operations import once


def request(key: str, user: int = 1) -> SimpleNamespace:
    return SimpleNamespace(POST={"key": key} if key else {}, user=SimpleNamespace(pk=user))


def test_it_takes_a_key_once():
    key = once.new_key()
    assert [once.claim(request(key)), once.claim(request(key))] == [True, False]


def test_it_keeps_the_keys_of_users_apart():
    key = once.new_key()
    assert once.claim(request(key, user=1))
    assert once.claim(request(key, user=2))


def test_it_takes_no_form_without_a_key():
    assert not once.claim(request(""))
