"""Every test process has its own Redis database and, by pytest-django, its own PostgreSQL database."""

import os
from urllib.parse import urlsplit

import django
import environ
import pytest
import redis
from django.conf import settings

from tradingsite.launcher.chromium import find_chromium
from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.external import check_answers
from tradingsite.launcher.layout import Layout


def lead_to_services() -> None:
    """Points this process to the running services, or ends the run with a line that says how to start them."""
    environ.Env.read_env(Layout.of(os.environ).env_file)
    for name in ("DATABASE_URL", "REDIS_URL"):
        if not os.environ.get(name):
            pytest.exit(f"{name} must be set: run ./test, or first python -m tradingsite.launcher.services up", 4)
        try:
            check_answers(name, os.environ[name])
        except LauncherError as error:
            pytest.exit(f"{error}: run ./test, or first python -m tradingsite.launcher.services up", 4)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw-1")
    database = int(worker.removeprefix("gw")) + 2  # 0 is the running platform's, 1 an undivided run's
    os.environ["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{database}").geturl()
    os.environ["PGOPTIONS"] = "-c synchronous_commit=off"  # nobody misses a test's rows after a power cut


lead_to_services()
os.environ["DJANGO_SETTINGS_MODULE"] = "tradingsite.settings"
django.setup()
# Processes of a parallel run inherit the environment: with this in it, they would read the settings before this file
# has led them to a Redis database of their own.
del os.environ["DJANGO_SETTINGS_MODULE"]
# Nobody collects static files before a test: they keep their plain names.
settings.STORAGES = settings.STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}

# A pool tells the time too, and lends nothing any more once a test has moved the clock.
settings.DATABASES["default"]["OPTIONS"].pop("pool")

# Argon2 is slow on purpose; a test that signs in a hundred people need not pay for it.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

pytest_plugins = ["tradingsite.testing.fixtures"]


@pytest.fixture(scope="session", autouse=True)
def empty_redis() -> None:
    """Nothing of an earlier run is left in this process's Redis database."""
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushdb()


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    """All tests sign in and ask from one address: what earlier ones tried must not count against this one."""
    server = redis.Redis.from_url(os.environ["REDIS_URL"])
    tried = [key for pattern in ("*:allauth:rl:*", "*:throttle_*") for key in server.scan_iter(pattern, count=1000)]
    if tried:
        server.delete(*tried)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if find_chromium():
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="no Chromium was found on the PATH or in CHROMIUM"))
