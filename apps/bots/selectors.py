"""Reading bots and their decisions, always on behalf of a user."""

from collections.abc import Iterable

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404

from apps.accounts.models import User
from apps.bots.models import Bot, BotVersion, Evaluation
from apps.markets.models import MarketSession
from engine.events import SESSION_SPAN


def bots(user: User) -> QuerySet[Bot]:
    """The user's bots that are not deleted, with all that a page says about them."""
    return Bot.objects.filter(account__owner=user, archived=None).select_related("account", "product__feed", "version")


def bot_get(user: User, pk: int) -> Bot:
    """One of the user's bots; a stranger's answers 404."""
    bot = bots(user).filter(pk=pk).first()
    if bot is None:
        raise Http404(f"no bot {pk}")
    return bot


def newest_evaluations(rows: Iterable[Bot]) -> dict[int, Evaluation]:
    """The last decision of each bot that has made one, by bot id."""
    newest = Evaluation.objects.filter(bot=OuterRef("pk")).order_by("-seq").values("pk")[:1]
    ids = (
        Bot.objects.filter(pk__in=[bot.pk for bot in rows])
        .annotate(last=Subquery(newest))
        .values_list("last", flat=True)
    )
    found = Evaluation.objects.filter(pk__in=[pk for pk in ids if pk]).select_related("version", "bot__product")
    return {evaluation.bot_id: evaluation for evaluation in found}


def evaluations(bot: Bot) -> QuerySet[Evaluation]:
    """The bot's decisions in the session that plays now, newest first. Earlier sessions had the same market times."""
    rows = bot.evaluations.filter(position__gte=session_floor(bot.product.venue))
    return rows.select_related("version", "bot__product").order_by("-position")


def session_floor(venue: str) -> int:
    """The first event position of the venue's open session."""
    session = MarketSession.objects.filter(venue=venue, closed=None).first()
    return session.pk * SESSION_SPAN if session else 0


def products_of_bots(venue: str) -> QuerySet[Bot, int]:
    """Ids of the venue's products that somebody's bot watches or looks after."""
    awake = Bot.objects.exclude(state=Bot.State.STOPPED).filter(product__venue=venue)
    return awake.values_list("product_id", flat=True).distinct()


def evaluations_of(user: User) -> QuerySet[Evaluation]:
    """Every decision of the user's bots, deleted ones and earlier sessions included."""
    return Evaluation.objects.filter(bot__account__owner=user).select_related("version", "bot__product")


def versions(bot: Bot) -> QuerySet[BotVersion]:
    """What the bot was told, newest first."""
    return bot.versions.select_related("author")
