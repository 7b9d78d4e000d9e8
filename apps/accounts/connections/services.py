"""Connecting an exchange, checking it again, taking it live, deleting it. No network call inside a transaction."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import registry
from apps.accounts.connections.checking import Look, look
from apps.accounts.connections.clients import probe
from apps.accounts.connections.credentials import seal, unseal
from apps.accounts.connections.keyfile import masked, read_key
from apps.accounts.locks import lock_account
from apps.accounts.models import ExchangeConnection, TradingAccount, User
from apps.operations import audit
from apps.operations.hints import hint, toast
from apps.operations.venues import COINBASE, SANDBOX
from exchanges.coinbase.trading.errors import KeyDenied
from exchanges.coinbase.trading.signer import Credentials
from exchanges.port import Unavailable

State = ExchangeConnection.State
LONGEST = 60
MOST = 20  # connections a user
DENIED = (
    "must be one that Coinbase takes, was refused: it may be deleted, too new (try again in a minute), "
    "limited to other addresses, or unable to view"
)
PAGES = ("connections", "accounts", "overview")


def live_venue() -> str:
    """The exchange that real orders of this installation go to."""
    return SANDBOX if settings.MARKET == SANDBOX else COINBASE


def connection_add(*, user: User, label: str, text: str) -> ExchangeConnection:
    """Reads a key file, asks the exchange what the key may do, and keeps it encrypted, with a live account of its
    portfolio. ValidationError names the field and never quotes the key."""
    label, venue = _label(user, label), live_venue()
    credentials = read_key(text)
    try:
        sealed = seal(credentials)
    except ImproperlyConfigured as error:
        raise ValidationError({"key": f"cannot be kept: {error}"}) from None
    found = _look(credentials, venue)
    connection = ExchangeConnection(
        owner=user, label=label, venue=venue, key_name=masked(credentials.name), secret=sealed,
        portfolio=found.permissions.portfolio,
    )  # fmt: skip
    _note(connection, found)
    return _keep(connection, found)


def connection_check(connection: ExchangeConnection, *, by: User | None = None) -> ExchangeConnection:
    """Asks anew what the key may do. A key that the exchange does not take is broken; one that it cannot be asked
    about now stays what it was. Raises Unavailable then."""
    client = probe(lambda: unseal(connection), connection.venue)
    try:
        found = look(client, portfolio=connection.portfolio)
    except KeyDenied as error:
        return _become(connection, State.BROKEN, str(error), None, by)
    finally:
        client.close()
    return _become(connection, found.state, found.reason, found, by)


@transaction.atomic
def connection_delete(*, connection: ExchangeConnection, by: User) -> None:
    """Forgets the key. The account stays with its history; ValidationError while orders of it are not over."""
    row = ExchangeConnection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    account = TradingAccount.objects.filter(connection=row).first()
    if account is not None:
        account = lock_account(account.pk)
        for check in registry.on_disconnect:
            check(account)
    audit.record(actor=by, action="connection.delete", target=row, detail={"portfolio": row.portfolio})
    row.delete()
    hint(by.pk, *PAGES)


def _label(user: User, label: str) -> str:
    label = label.strip()
    if not 1 <= len(label) <= LONGEST:
        raise ValidationError({"label": f"must have 1 to {LONGEST} characters, had {len(label)}"})
    if user.exchange_connections.filter(label=label).exists():
        raise ValidationError({"label": f"must be new among your connections, {label!r} is taken"})
    if user.exchange_connections.count() >= MOST:
        raise ValidationError({"label": f"must be one of at most {MOST} connections: delete one first"})
    return label


def _look(credentials: Credentials, venue: str) -> Look:
    client = probe(lambda: credentials, venue)
    try:
        found = look(client)
    except KeyDenied:
        raise ValidationError({"key": DENIED}) from None
    except Unavailable as error:
        raise ValidationError({"key": f"cannot be checked now, try again: {error}"}) from None
    finally:
        client.close()
    if found.state == State.REFUSED:
        raise ValidationError({"key": found.reason.removeprefix("the key ")})
    return found


def _note(connection: ExchangeConnection, found: Look) -> None:
    connection.state, connection.reason = found.state, found.reason
    connection.can_trade, connection.can_transfer = found.permissions.trade, found.permissions.transfer
    connection.checked, connection.doubted = timezone.now(), False
    if found.state != State.REFUSED:
        connection.portfolio_name, connection.fee_tier = found.portfolio_name[:120], found.fees.tier[:60]


def _keep(connection: ExchangeConnection, found: Look) -> ExchangeConnection:
    try:
        with transaction.atomic():
            connection.save()
            account, new = _account(connection)
            _take_fees(account, found)
            if new:
                for begin in registry.on_connect:
                    begin(account, found.balances)
            audit.record(
                actor=connection.owner, action="connection.add", target=connection,
                detail={"portfolio": connection.portfolio, "state": connection.state, "account": account.pk},
            )  # fmt: skip
    except IntegrityError:
        words = "must be of a portfolio that is not connected yet: this one is, here or by somebody else"
        raise ValidationError({"key": words}) from None
    hint(connection.owner_id, *PAGES)
    return connection


def _account(connection: ExchangeConnection) -> tuple[TradingAccount, bool]:
    """The portfolio's account: the one it had before, else a new one."""
    owner = connection.owner
    known = TradingAccount.objects.filter(owner=owner, portfolio=connection.portfolio, venue=connection.venue).first()
    if known is not None:
        known.connection = connection
        known.save(update_fields=["connection"])
        return known, False
    made = TradingAccount.objects.create(
        owner=owner, name=_free_name(owner, connection.label), venue=connection.venue, mode=TradingAccount.Mode.LIVE,
        portfolio=connection.portfolio, connection=connection, slippage=0,
    )  # fmt: skip
    audit.record(actor=owner, action="account.open", target=made)
    return made, True


def _free_name(owner: User, label: str) -> str:
    taken = set(owner.trading_accounts.values_list("name", flat=True))
    names = [label, *(f"{label[: LONGEST - 4]} {number}" for number in range(2, 100))]
    return next(name for name in names if name not in taken)


def _take_fees(account: TradingAccount, found: Look) -> None:
    """What entries are sized with: the account's real rates."""
    if found.state != State.REFUSED:
        account.fee_maker, account.fee_taker = found.fees.maker, found.fees.taker
        account.save(update_fields=["fee_maker", "fee_taker"])


@transaction.atomic
def _become(
    connection: ExchangeConnection, state: str, reason: str, found: Look | None, by: User | None
) -> ExchangeConnection:
    row = ExchangeConnection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    before = row.state
    row.state, row.reason, row.checked, row.doubted = state, reason[:300], timezone.now(), False
    if found is not None:
        _note(row, found)
        if account := TradingAccount.objects.filter(connection=row).first():
            _take_fees(lock_account(account.pk), found)
    if state == State.REFUSED:
        row.live_since = row.live_by = None  # a key that changed under our feet is taken live anew by its owner
    row.save()
    if before != state:
        detail = {"from": before, "to": state}
        audit.record(actor=by, action="connection.state", target=row, reason=row.reason, detail=detail)
        if state != State.OK:
            words = f"Connection {row.label}: {row.get_state_display().lower()}. {row.reason}"
            toast(row.owner_id, words, tone="bad", urgent=True)
    hint(row.owner_id, *PAGES)
    return row
