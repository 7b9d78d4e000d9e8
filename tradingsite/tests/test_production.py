"""What PRODUCTION=1 asks for, and that the project then passes Django's own checks for deployment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.test import RequestFactory

from apps.operations.proxies import client_address

ROOT = Path(__file__).resolve().parents[2]
SOUND = {
    "PRODUCTION": "1",
    "SECRET_KEY": "k3y-" * 5 + "Zq8-vN2xPw7LmT4cRb9dHs6f" * 2,
    "ALLOWED_HOSTS": "trade.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://trade.example.org",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.org:587",
    "DEFAULT_FROM_EMAIL": "trading@example.org",
    "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "CREDENTIAL_KEYS": Fernet.generate_key().decode(),
    "TRUSTED_PROXIES": "1",
    "DEBUG": "0",
}


def run(*command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **SOUND, **changes}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def settings_of(code: str, **changes: str) -> str:
    done = run("-c", f"import tradingsite.settings as s; print({code})", **changes)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_sound_environment_passes_the_checks_for_deployment():
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must be set"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name the hosts, was '*'"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must have at least 50 characters, had 5"),
        ({"EMAIL_URL": "consolemail://"}, "EMAIL_URL must name a mail server"),
        ({"DEFAULT_FROM_EMAIL": ""}, "DEFAULT_FROM_EMAIL must be set"),
        ({"ENCRYPTION_KEYS": ""}, "ENCRYPTION_KEYS must be set"),
        ({"CREDENTIAL_KEYS": ""}, "CREDENTIAL_KEYS must be set"),
        ({"CREDENTIAL_KEYS": "abc"}, "CREDENTIAL_KEYS must be Fernet keys"),
        ({"ENCRYPTION_KEYS": "abc"}, "ENCRYPTION_KEYS must be Fernet keys"),
        ({"CSRF_TRUSTED_ORIGINS": "http://trade.example.org"}, "had 'http://trade.example.org'"),
        ({"DEBUG": "1"}, "DEBUG must be off"),
        ({"COOKIES_SECURE": "0"}, "COOKIES_SECURE must not be off"),
        ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES must be a whole number of at least 0, was '-1'"),
        ({"PRODUCTION": "maybe"}, "PRODUCTION must be 1 or 0, was 'maybe'"),
        ({"EMAIL_VERIFICATION": "never"}, "EMAIL_VERIFICATION must be mandatory or optional, was 'never'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_missing_or_malformed_stops_the_start(changes, words):
    done = run("-c", "import tradingsite.settings", **changes)
    assert done.returncode != 0
    assert words in done.stderr.splitlines()[-1]
    assert SOUND["ENCRYPTION_KEYS"] not in done.stderr


def test_it_asks_browsers_for_what_protects_people():
    names = "SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS, s.SECURE_SSL_REDIRECT"
    assert settings_of(f"(s.{names})") == "(True, True, 31536000, True)"
    assert settings_of("s.ACCOUNT_EMAIL_VERIFICATION") == "mandatory"


def test_at_home_nothing_of_it_is_asked_for():
    bare = ("PRODUCTION", "ENCRYPTION_KEYS", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "TRUSTED_PROXIES")
    home = {**dict.fromkeys(bare, ""), "EMAIL_URL": "consolemail://"}
    shown = settings_of("(s.SESSION_COOKIE_SECURE, s.ACCOUNT_EMAIL_VERIFICATION)", **home)
    assert shown == "(False, 'optional')"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "6.6.6.6", "10.0.0.1"),  # nobody is trusted: the header is the client's own word
        (1, "6.6.6.6, 8.8.8.8", "8.8.8.8"),
        (2, "6.6.6.6, 8.8.8.8, 10.0.0.9", "8.8.8.8"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "", "10.0.0.1"),
        (2, "8.8.8.8", "10.0.0.1"),
        (1, "nonsense", "10.0.0.1"),
    ],
)
def test_only_what_trusted_proxies_say_of_the_client_is_believed(proxies, forwarded, expected):
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request, proxies) == expected
