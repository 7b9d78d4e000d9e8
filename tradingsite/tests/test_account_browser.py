"""Settings in a browser: every section at both sizes, an authenticator app, a passkey, what preferences change."""

from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.urls import reverse
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.accounts.tokens import token_create
from apps.risk.models import Halt
from apps.risk.services import halt
from engine.kinds import HaltLevel
from tradingsite.launcher.ports import LOOPBACK, NAME
from tradingsite.testing.people import make_account
from tradingsite.testing.signing import PASSWORD, code_of
from tradingsite.testing.site import DESKTOP, PHONE, Visitor, visitor, web_process

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
SECTIONS = ["profile", "security", "tokens", "display", "data"]
DANGEROUS = ["mfa_activate_totp", "mfa_add_webauthn", "account_email", "account_change_password"]


@pytest.fixture(scope="session")
def site(django_db_setup: None, django_db_blocker) -> Iterator[str]:
    with django_db_blocker.unblock(), web_process() as address:
        yield address.replace(LOOPBACK, NAME)  # as ./start says it


@pytest.fixture
def trader(monkeypatch: pytest.MonkeyPatch, trader: User) -> User:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's loop runs in this thread
    # The web process knows no hash that tests are quick with.
    trader.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1_000)
    trader.save(update_fields=["password"])
    return trader


def sign_in(page: Page) -> None:
    page.goto(reverse("account_login"))
    page.get_by_label("Email").fill("trader@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def prove(page: Page) -> None:
    """Answers the question who one is, when it comes."""
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def give_device(page: Page) -> None:
    """A device with a fingerprint reader that says yes."""
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sound(person: Visitor) -> None:
    assert not person.faults, "\n".join(person.faults)


@SIZES
def test_every_section_is_sound(site, trader, size):
    token_create(user=trader, name="script", scope="trade")
    with visitor(site, size=size) as person:
        page = person.page
        sign_in(page)
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        for name in SECTIONS:
            page.goto(reverse(f"accounts:{name}"))
            person.inspect()
        page.goto(reverse(DANGEROUS[0]))
        person.inspect()
        prove(page)
        for name in DANGEROUS:
            page.goto(reverse(name))
            expect(page.locator("h1")).to_be_visible()
            person.inspect()
        sound(person)


def test_an_authenticator_app_is_set_up_and_then_asked_for(site, trader):
    with visitor(site, size=PHONE) as person:
        page = person.page
        sign_in(page)
        page.goto(reverse("accounts:security"))
        page.get_by_role("link", name="Set up").click()
        prove(page)
        secret = page.get_by_label("Or type this key into the app").input_value()
        assert page.locator("img.qr").evaluate("image => image.complete && image.naturalWidth > 0")
        page.get_by_label("Authenticator code").fill(code_of(secret))
        page.get_by_role("button", name="Switch it on").click()
        expect(page.locator(".codes li")).to_have_count(10)
        person.inspect()
        page.get_by_role("link", name="I keep them").click()
        expect(page.get_by_text("10 unused")).to_be_visible()
        person.inspect()
        page.goto(reverse("account_logout"))
        page.get_by_role("button", name="Sign out").click()
        sign_in(page)
        expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
        person.inspect()
        page.get_by_label("Code").fill(code_of(secret, steps=1))  # within the tolerance, and not used yet
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        sound(person)


def test_a_passkey_is_added_and_opens_the_account_without_a_password(site, trader):
    with visitor(site, size=DESKTOP) as person:
        page = person.page
        give_device(page)
        sign_in(page)
        page.goto(reverse("mfa_add_webauthn"))
        prove(page)
        page.get_by_label("Name").fill("Laptop")
        page.get_by_label("Sign in with it alone (a passkey)").check()
        page.get_by_role("button", name="Add").click()
        expect(page.locator(".codes li")).to_have_count(10)
        assert Authenticator.objects.filter(user=trader, type="webauthn").count() == 1
        page.goto(reverse("accounts:security"))
        expect(page.get_by_text("Laptop")).to_be_visible()
        person.inspect()
        page.goto(reverse("account_logout"))
        page.get_by_role("button", name="Sign out").click()
        page.goto(reverse("account_login"))
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        release_with_passkey(page, trader)
        sound(person)


def release_with_passkey(page: Page, trader: User) -> None:
    """A halt is released by the passkey alone: whoever has one needs no password."""
    row = halt(
        scope="account", level=HaltLevel.ENTRIES, reason="a look", by=trader, account=make_account(trader)
    )  # fmt: skip
    page.goto(reverse("risk:release", args=[row.pk]))
    page.get_by_label("Why it is safe to go on").fill("looked at it")
    page.get_by_role("button", name="Release and trade again").click()
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_role("button", name="Use a passkey or key").click()
    expect(page.get_by_role("heading", name="Risk and limits")).to_be_visible()
    assert Halt.objects.get().released_reason == "looked at it"


def test_an_address_leads_to_the_name_that_passkeys_need(site, trader):
    with visitor(site.replace(NAME, LOOPBACK), size=PHONE) as person:
        page = person.page
        give_device(page)
        page.goto(reverse("account_login"))
        expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_disabled()
        person.inspect()
        page.get_by_role("link", name=site.removeprefix("http://")).click()
        expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_enabled()
        assert page.url == f"{site}{reverse('account_login')}"
        sound(person)


def test_a_missing_passkey_is_said_in_words(site, trader):
    with visitor(site, size=DESKTOP) as person:
        page = person.page
        give_device(page)  # that knows no passkey of ours
        page.goto(reverse("account_login"))
        person.inspect()
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.locator("[data-toasts]")).to_contain_text("Nothing was chosen")
        sound(person)


def test_preferences_change_what_is_seen(site, trader):
    with visitor(site, size=DESKTOP) as person:
        page = person.page
        sign_in(page)
        page.goto(reverse("accounts:display"))
        page.get_by_label("Colours of gains and losses").select_option("clear")
        page.get_by_label("Begin with live updates paused").check()
        page.get_by_role("button", name="Save").click()
        expect(page.locator("[data-toasts]")).to_contain_text("Saved.")
        assert page.locator(".up").first.evaluate("node => getComputedStyle(node).color") == "rgb(77, 181, 255)"
        person.inspect()
        expect(page.locator("[data-connection]")).to_contain_text("paused")
        page.get_by_role("button", name="Account menu").click()
        page.get_by_role("button", name="Resume live updates").click()
        page.goto(reverse("accounts:profile"))
        expect(page.locator("[data-connection]")).to_contain_text("live")
        sound(person)


def test_the_export_is_downloaded_while_the_page_stays(site, trader):
    with visitor(site, size=DESKTOP) as person:
        page = person.page
        sign_in(page)
        page.goto(reverse("accounts:data"))
        page.get_by_role("button", name="Download").click()
        with page.expect_download() as found:
            prove(page)
        assert found.value.suggested_filename.startswith("tradingsite-")
        page.goto(reverse("accounts:data"))
        with page.expect_download() as found:
            page.get_by_role("button", name="Download").click()
        assert found.value.path().stat().st_size > 1_000
        expect(page.get_by_role("button", name="Download")).to_be_enabled()
        sound(person)
