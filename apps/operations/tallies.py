"""What the operators' first page counts. Each app adds its own in admin.py."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True)
class Tally:
    """A number that links to the list of what it counts; ``alarming``: anything but zero wants a look."""

    label: str
    count: Callable[[], int]
    rows: str  # 'risk_halt'
    query: str = ""
    alarming: bool = True

    @property
    def needs(self) -> str:
        app, _, model = self.rows.partition("_")
        return f"{app}.view_{model}"

    @property
    def url(self) -> str:
        return f"{reverse(f'admin:{self.rows}_changelist')}{self.query and f'?{self.query}'}"


tallies: list[Tally] = []


def tallies_for(request: HttpRequest) -> list[tuple[Tally, int]]:
    """The tallies that the operator may see, with their values now."""
    return [(tally, tally.count()) for tally in tallies if request.user.has_perm(tally.needs)]
