"""A bot as lists show it: state, temperature, reason, results."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.bots.explain import sentence, sentence_shown
from apps.bots.models import Bot, Evaluation
from apps.bots.selectors import newest_evaluations
from apps.ledger.models import Position
from apps.portfolio.results import NOTHING, Result, results
from apps.portfolio.selectors import last_prices, open_pnl
from engine.kinds import Verdict
from engine.temperature import Temperature, temperature

STATE_WORDS = {
    Bot.State.STOPPED: "Stopped: nothing is decided and nothing is managed.",
    Bot.State.PAUSED: "Paused: no new entries, exits go on.",
}


@dataclass(frozen=True)
class BotRow:
    """Results in the account's currency; None = unknown or nothing open."""

    bot: Bot
    evaluation: Evaluation | None
    result: Result
    open_pnl: Decimal | None
    is_open: bool

    @property
    def key(self) -> str:
        """Of its live values."""
        return f"bot.{self.bot.pk}"

    @property
    def temperature(self) -> Temperature:
        return temperature(self.evaluation.score) if self.evaluation else Temperature.FROZEN

    @property
    def blocking(self) -> int:
        """The gate that said no to an entry, -1 when none did."""
        blocked = self.evaluation is not None and self.evaluation.verdict == Verdict.BLOCKED
        return self.evaluation.blocking if self.evaluation and blocked else -1

    @property
    def total(self) -> Decimal | None:
        if not self.is_open:
            return self.result.pnl
        return None if self.open_pnl is None else self.result.pnl + self.open_pnl

    @property
    def reason(self) -> str:
        """The last decision in words, or why there is none."""
        return self._words(sentence)

    @property
    def reason_shown(self) -> str:
        """The same for a page, where amounts can be hidden."""
        return self._words(sentence_shown)

    def _words(self, of: Callable[[Evaluation], str]) -> str:
        if self.bot.state == Bot.State.ERROR:
            return self.bot.state_reason or "Stopped with an error."
        if self.bot.held:
            return self.bot.held
        if self.bot.state in STATE_WORDS:
            return STATE_WORDS[Bot.State(self.bot.state)]
        if self.evaluation is None:
            return "Waits for its first closed bar."
        return of(self.evaluation)


def bot_rows(bots: Sequence[Bot]) -> list[BotRow]:
    """The bots with their last decisions and results, in the order given."""
    accounts = {bot.account_id: bot.account for bot in bots}
    made = results(accounts.values())
    newest = newest_evaluations(bots)
    prices = {venue: last_prices(venue) for venue in {account.venue for account in accounts.values()}}
    opened = {
        (position.account_id, position.holder): position
        for position in Position.objects.filter(account__in=accounts, closed=None).select_related("product")
    }
    rows = []
    for bot in bots:
        key = (bot.account_id, bot.holder)
        position = opened.get(key)
        pnl = open_pnl(position, prices[bot.account.venue]) if position else None
        rows.append(BotRow(bot, newest.get(bot.pk), made.get(key, NOTHING), pnl, position is not None))
    return rows


def grouped(rows: Sequence[BotRow]) -> list[tuple[str, list[BotRow]]]:
    """By state, errors first; the hottest first within a state. Groups without a bot are left out."""
    order = [Bot.State.ERROR, Bot.State.RUNNING, Bot.State.PAUSED, Bot.State.STOPPED]
    groups = [(state.label, [row for row in rows if row.bot.state == state]) for state in order]
    return [(label, sorted(members, key=_heat)) for label, members in groups if members]


def _heat(row: BotRow) -> tuple[float, int]:
    return (-abs(row.evaluation.score) if row.evaluation else 0.0, row.bot.pk)
