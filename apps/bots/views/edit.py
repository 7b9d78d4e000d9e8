"""Telling a bot something new, with a preview of the effect, and going back to an earlier version."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.requests import UserRequest
from apps.bots.forms import BotForm
from apps.bots.models import Bot, BotVersion
from apps.bots.preview import preview
from apps.bots.selectors import bot_get
from apps.bots.services import bot_edit, bot_rollback, bot_version_effect
from apps.bots.words import changes, differences
from apps.operations.pages import page
from engine.strategies.registry import REGISTRY


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: int) -> HttpResponse:
    bot = bot_get(request.user, pk)
    assert bot.version is not None
    strategy = REGISTRY[bot.version.strategy]
    data = request.POST if request.method == "POST" else None
    form = BotForm(data, strategy=strategy, quote=bot.product.quote, version=bot.version)
    context = {"bot": bot, "form": form, "strategy": strategy}
    deed = request.POST.get("deed", "")
    if not form.is_bound or deed == "edit":
        return render(request, "bots/edit.html", context)
    if not form.is_valid():
        return render(request, "bots/edit.html", context, status=400)
    if deed == "save":
        return _save(request, bot, context)
    return render(request, "bots/edit_preview.html", context | _preview(bot, form))


def _preview(bot: Bot, form: BotForm) -> dict[str, Any]:
    told = {"params": form.params, "controls": form.controls, "timeframe": form.cleaned_data["timeframe"]}
    assert bot.version is not None
    return {
        "effects": bot_version_effect(bot=bot, **told),
        "changes": differences(bot, form.cleaned_data["name"].strip(), told),
        "next": (bot.versions.first() or bot.version).number + 1,
        "preview": preview(
            account=bot.account, product=bot.product, strategy=form.strategy, seconds=told["timeframe"],
            params=form.params, controls=form.controls,
        ),
    }  # fmt: skip


def _save(request: UserRequest, bot: Bot, context: dict[str, Any]) -> HttpResponse:
    form = context["form"]
    try:
        version = bot_edit(
            bot=bot, user=request.user, params=form.params, controls=form.controls,
            timeframe=form.cleaned_data["timeframe"], name=form.cleaned_data["name"],
        )  # fmt: skip
    except ValidationError as error:
        form.refuse(error)
        return render(request, "bots/edit.html", context, status=400)
    messages.success(request, f"Saved as version {version.number}.")
    return redirect("bots:detail", bot.pk)


@require_safe
def versions(request: UserRequest, pk: int) -> HttpResponse:
    bot = bot_get(request.user, pk)
    rows = [(version, changes(version)) for version in bot.versions.select_related("author", "bot")]
    return render(request, "bots/versions.html", {"bot": bot, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def rollback(request: UserRequest, pk: int, number: int) -> HttpResponse:
    """Makes an earlier version current again, as a new one, after showing what that changes."""
    bot = bot_get(request.user, pk)
    version = bot.versions.filter(number=number).first()
    if version is None:
        raise Http404(f"bot {pk} has no version {number}")
    if request.method == "POST":
        added = bot_rollback(bot=bot, user=request.user, number=number)
        messages.success(request, f"Version {number} is in force again, as version {added.number}.")
        return redirect("bots:detail", bot.pk)
    context = {"bot": bot, "version": version, **_rollback_effect(bot, version)}
    return page(request, "bots/rollback.html", context, fragments={"dialog": "bots/_rollback.html"})


def _rollback_effect(bot: Bot, version: BotVersion) -> dict[str, Any]:
    told = {"params": version.params, "controls": version.controls, "timeframe": version.timeframe}
    return {"effects": bot_version_effect(bot=bot, **told), "changes": differences(bot, bot.name, told)}
