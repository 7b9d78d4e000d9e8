"""Start, pause, stop: each says what follows and asks once. A dialog where scripts run, else a page."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from apps.accounts.requests import UserRequest
from apps.bots.models import Bot
from apps.bots.selectors import bot_get
from apps.bots.services import bot_pause, bot_start, bot_stop
from apps.operations.pages import page
from apps.orders.services import working_orders
from apps.portfolio.holdings import holdings_of
from apps.risk.selectors import halts_in_force


@dataclass(frozen=True)
class Verb:
    """A change of state: the question, what follows from a yes, and the button that says it."""

    title: str
    effects: tuple[str, ...]
    button: str
    done: str
    tone: str = "primary"


VERBS = {
    "start": Verb(
        "Start {bot}?",
        ("It decides at the close of every bar from now on and places paper orders by itself.",),
        "Start: decide and trade",
        "{bot} runs.",
    ),
    "pause": Verb(
        "Pause {bot}?",
        ("No new entries are made.", "An open position keeps its stop, target and longest hold."),
        "Pause: no new entries",
        "{bot} is paused: no new entries.",
    ),
    "stop": Verb(
        "Stop {bot}?",
        ("Nothing is decided and nothing is managed any more.",),
        "Stop the bot",
        "{bot} is stopped.",
        "danger",
    ),
}


class StopForm(forms.Form):
    """What becomes of the position and the orders."""

    position = forms.ChoiceField(
        choices=[
            ("keep", "Keep the position. Its resting stop and target stay at the exchange; nobody looks after it."),
            ("close", "Cancel the orders and sell the position at market."),
        ],
        error_messages={
            "required": "Choose what becomes of the position.",
            "invalid_choice": "Position must be keep or close, was %(value)s.",
        },
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def switch(request: UserRequest, pk: int, verb: str) -> HttpResponse:
    bot = bot_get(request.user, pk)
    if verb not in VERBS:
        raise Http404(f"no such thing as to {verb} a bot")
    form = StopForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and (verb != "stop" or form.is_valid()):
        try:
            DEEDS[verb](bot, request, form)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, VERBS[verb].done.format(bot=bot.name))
        return redirect("bots:detail", bot.pk)
    context = {
        "bot": bot,
        "verb": VERBS[verb],
        "title": VERBS[verb].title.format(bot=bot.name),
        "action": request.path,
        "form": form if verb == "stop" else None,
        "holdings": holdings_of(bot.account, holder=bot.holder),
        "working": len(working_orders(bot.account, holder=bot.holder)),
        "halts": halts_in_force(bot.account) if verb == "start" else [],
    }
    status = 400 if request.method == "POST" else 200
    return page(request, "bots/switch.html", context, fragments={"dialog": "bots/_switch.html"}, status=status)


def _start(bot: Bot, request: UserRequest, form: StopForm) -> None:
    bot_start(bot=bot, user=request.user, reason="started by its owner")


def _pause(bot: Bot, request: UserRequest, form: StopForm) -> None:
    bot_pause(bot=bot, user=request.user, reason="paused by its owner")


def _stop(bot: Bot, request: UserRequest, form: StopForm) -> None:
    close = form.cleaned_data["position"] == "close"
    bot_stop(bot=bot, user=request.user, close=close, reason="stopped by its owner")


DEEDS: dict[str, Callable[[Bot, UserRequest, StopForm], None]] = {"start": _start, "pause": _pause, "stop": _stop}
