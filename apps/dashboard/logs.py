"""The Logs page: users read the lines that concern them, operators everybody's."""

import json
import re
from collections import Counter

from django import forms
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.accounts.requests import UserRequest
from apps.bots.selectors import bots
from apps.operations.logs.reading import LEVELS, Extract, Line, Wanted, errors_since, extract, newest_error
from apps.operations.logs.store import EVERYBODY, KEPT, KEPT_OF_A_USER, stream_of
from apps.operations.pages import page

PLACE = re.compile(r"\d+-\d+")  # of a line in its stream
SEEN = "logs_seen"  # in the session: the newest error when the page was last looked at
TABS = {"": "All", "INFO": "Information", "WARNING": "Warnings", "ERROR": "Errors"}


class LogFilter(forms.Form):
    level = forms.ChoiceField(
        required=False, choices=list(TABS.items()), widget=forms.HiddenInput(),
        error_messages={"invalid_choice": "Level must be INFO, WARNING or ERROR, was %(value)s."},
    )  # fmt: skip
    source = forms.CharField(required=False, max_length=40, label="Source", widget=forms.Select())
    bot = forms.IntegerField(
        required=False, min_value=1, label="Bot", widget=forms.Select(),
        error_messages={"invalid": "Bot must be a number.", "min_value": "Bot must be at least 1, was %(show_value)s."},
    )  # fmt: skip
    q = forms.CharField(
        required=False,
        max_length=100,
        label="Search",
        widget=forms.SearchInput(attrs={"placeholder": "Words or an id"}),
    )

    def wanted(self) -> Wanted:
        """An invalid part of the filter is left out; the form says so."""
        self.is_valid()
        clean = self.cleaned_data
        return Wanted(
            level=clean.get("level", ""), source=clean.get("source", ""), bot=clean.get("bot"), text=clean.get("q", "")
        )

    def offer(self, sources: set[str], names: dict[int, str]) -> None:
        """Fills the lists with what there is to choose."""
        chosen = {self.data.get("source", "")} - {""}
        sources_offered = [(name, name) for name in sorted(sources | chosen)]
        for name, offered in (("source", sources_offered), ("bot", [(str(pk), bot) for pk, bot in names.items()])):
            widget = self.fields[name].widget
            assert isinstance(widget, forms.Select)
            widget.choices = [("", "All"), *offered]


@require_safe
def logs(request: UserRequest) -> HttpResponse:
    stream, everybody = chosen_stream(request)
    form = LogFilter(request.GET)
    found = extract(stream, form.wanted(), before=_place(request, "before"), after=_place(request, "after"))
    names = dict(bots(request.user).values_list("pk", "name"))
    form.offer(found.sources, names if not everybody else {**names, **_seen_bots(found, names)})
    request.session[SEEN] = newest_error(stream)
    context = {
        "form": form,
        "found": found,
        "names": names,
        "tabs": _tabs(found.levels),
        "level": form.wanted().level,
        "operator": is_operator(request),
        "everybody": everybody,
        "tail": request.GET.get("tail") == "1",
        "kept": KEPT if everybody else KEPT_OF_A_USER,
        "filtered": any(request.GET.get(name) for name in form.fields),
    }
    fragments = {"rows": "dashboard/logs/_rows.html"}
    return page(
        request, "dashboard/logs/logs.html", context, fragments=fragments, status=200 if form.is_valid() else 400
    )


@require_safe
def logs_download(request: UserRequest) -> HttpResponse:
    """Every kept line that passes the filter, one JSON object a line, oldest first."""
    stream, _ = chosen_stream(request)
    found = extract(stream, LogFilter(request.GET).wanted(), shown=KEPT, window=KEPT)
    lines = [json.dumps(row.fields, ensure_ascii=False) for row in reversed(found.rows) if isinstance(row, Line)]
    answer = HttpResponse("".join(f"{line}\n" for line in lines), content_type="application/x-ndjson; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="logs.jsonl"'
    return answer


def is_operator(request: HttpRequest) -> bool:
    return bool(request.user.is_staff and request.user.has_perm("operations.view_auditentry"))


def chosen_stream(request: UserRequest) -> tuple[str, bool]:
    """The stream to read, and whether it is everybody's: an operator's unless asked for the own lines."""
    everybody = is_operator(request) and request.GET.get("scope") != "own"
    return (EVERYBODY if everybody else stream_of(request.user.pk)), everybody


def unseen_errors(request: UserRequest) -> int:
    """Errors since the page was last looked at, for the side bar."""
    stream, _ = chosen_stream(request)
    return errors_since(stream, request.session.get(SEEN, ""))


def _seen_bots(found: Extract, names: dict[int, str]) -> dict[int, str]:
    """Bots of others in the lines on the page, by number."""
    numbers = {row.fields["bot"] for row in found.rows if isinstance(row, Line) and "bot" in row.fields}
    return {number: f"bot {number}" for number in sorted(numbers - names.keys())}


def _place(request: HttpRequest, name: str) -> str:
    value = request.GET.get(name, "")
    if value and not PLACE.fullmatch(value):
        raise BadRequest(f"{name} must be the place of a line, was {value[:40]!r}")
    return value


def _tabs(counts: Counter[str]) -> list[tuple[str, str, int]]:
    """Level, label and how many lines have it or a worse one."""
    return [
        (level, label, sum(counts[worse] for worse in LEVELS[LEVELS.index(level or LEVELS[0]) :]))
        for level, label in TABS.items()
    ]
