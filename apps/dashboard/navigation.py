"""The pages that exist, in the groups of the side bar."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True)
class Item:
    label: str
    short: str  # under the icon of the phone's bottom bar
    icon: str
    name: str  # of the address
    url: str = ""
    current: bool = False


@dataclass(frozen=True)
class Group:
    title: str
    items: list[Item]


OVERVIEW = Item("Overview", "Overview", "overview", "dashboard:overview")
CONDITIONS = Item("Market Conditions", "Conditions", "conditions", "bots:conditions")
POSITIONS = Item("Positions", "Positions", "positions", "portfolio:positions")
PORTFOLIO = Item("Portfolio", "Portfolio", "portfolio", "portfolio:portfolio")
CHARTS = Item("Charts", "Charts", "candles", "portfolio:charts")
ORDERS = Item("Advanced Orders", "Orders", "orders", "orders:orders")
BOTS = Item("Bots", "Bots", "bots", "bots:list")
BACKTESTS = Item("Backtests", "Backtests", "backtests", "backtests:list")
PERFORMANCE = Item("Performance", "Performance", "chart", "portfolio:performance")
TRADES = Item("Trade History", "Trades", "trades", "portfolio:trades")
MARKET = Item("Market data", "Market", "candles", "markets:stream")
QUALITY = Item("Data quality", "Quality", "check", "markets:quality")
HALTS = Item("Risk and limits", "Risk", "risk", "risk:halts")
LOGS = Item("Logs", "Logs", "logs", "dashboard:logs")
SETTINGS = Item("Settings", "Settings", "user", "accounts:profile")
PAPER = Item("Paper account", "Paper", "wallet", "portfolio:paper")

GROUPS = [
    Group("Monitor", [OVERVIEW, CONDITIONS, POSITIONS, PORTFOLIO]),
    Group("Trade", [CHARTS, ORDERS]),
    Group("Automate", [BOTS, BACKTESTS]),
    Group("Review", [PERFORMANCE, TRADES]),
    Group("System", [MARKET, QUALITY, HALTS, LOGS, PAPER, SETTINGS]),
]
FOOTBAR = [OVERVIEW, BOTS, POSITIONS, CHARTS]


def navigation(request: HttpRequest) -> list[Group]:
    return [Group(group.title, placed(request, group.items)) for group in GROUPS]


def placed(request: HttpRequest, items: list[Item]) -> list[Item]:
    """The items with their addresses; the one that holds the page at hand is marked."""
    return [_placed(request, item) for item in items]


def _placed(request: HttpRequest, item: Item) -> Item:
    url = reverse(item.name)
    return Item(item.label, item.short, item.icon, item.name, url, request.path.startswith(url))
