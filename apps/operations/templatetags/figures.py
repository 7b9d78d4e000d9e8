"""Numbers, times and icons in templates."""

from datetime import datetime
from functools import cache

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.operations import formats

register = template.Library()

register.filter("span", formats.span)
register.filter("timeframe", formats.timeframe)
register.filter("clock", formats.clock)
register.filter("utc_clock", formats.utc_clock)
register.simple_tag(formats.zone, name="zone")
register.filter("moment", formats.moment)
register.filter("tone", formats.tone)
register.filter("words", formats.reason)


@register.filter
def price(value: formats.Number | None, product: object) -> str:
    """With the decimals of the product's price tick."""
    return formats.price(value, product.quote_increment)  # type: ignore[attr-defined]


@register.filter
def private(text: str) -> SafeString:
    """What says how much somebody has: dots while amounts are hidden (site.css)."""
    return format_html('<span class="private">{}</span>', text)


@register.filter
def size(value: formats.Number | None, product: object) -> str:
    """A quantity that everybody may see."""
    return formats.size(value, product.base_increment)  # type: ignore[attr-defined]


@register.filter
def quantity(value: formats.Number | None, product: object) -> SafeString:
    """How much somebody bought, holds or sold."""
    return private(size(value, product))


@register.filter
def money(value: formats.Number | None, currency: str = "USD") -> SafeString:
    return private(formats.money(value, currency))


@register.filter
def money_text(value: formats.Number | None, currency: str = "USD") -> str:
    """For an attribute, where no element can stand."""
    return formats.money(value, currency)


@register.filter
def signed_money_text(value: formats.Number | None, currency: str = "USD") -> str:
    return formats.money(value, currency, sign=True)


@register.filter
def plain(value: formats.Number | None, places: int = 2) -> str:
    return formats.plain(value, places)


@register.filter
def percent(value: formats.Number | None, places: int = 2) -> str:
    return formats.percent(value, places=places)


@register.simple_tag
def result(value: formats.Number | None, currency: str = "USD", key: str = "") -> SafeString:
    """A gain or loss: sign, arrow and colour together. ``key`` names the live value that keeps it up to date."""
    return _figure(formats.money(value, currency, sign=True), f"{formats.tone(value)} private", key)


@register.simple_tag
def change(ratio: formats.Number | None, key: str = "", places: int = 2) -> SafeString:
    """A signed percentage."""
    return _figure(formats.percent(ratio, sign=True, places=places), formats.tone(ratio, places + 2), key)


@register.simple_tag
def amount(value: formats.Number | None, currency: str = "USD", key: str = "") -> SafeString:
    """A balance: no sign, no colour."""
    return _figure(formats.money(value, currency), f"{'' if formats.is_known(value) else 'unknown'} private", key)


@register.simple_tag
def quote(value: formats.Number | None, product: object, key: str = "") -> SafeString:
    """A price of a product."""
    return _figure(price(value, product), "" if formats.is_known(value) else "unknown", key)


def _figure(text: str, tone: str, key: str) -> SafeString:
    if key:
        return format_html('<span class="num {}" data-v="{}">{}</span>', tone, key, text)
    return format_html('<span class="num {}">{}</span>', tone, text)


@register.simple_tag
def at(moment: datetime | None, empty: str = "\u2013") -> SafeString | str:
    """A time of the market, absolute, in the user's zone."""
    if moment is None:
        return empty
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), formats.clock(moment))


@register.simple_tag
def near(moment: datetime | None, other: datetime) -> SafeString | str:
    """A market time beside another: without its day when that is the same."""
    if moment is None:
        return "\u2013"
    here, there = timezone.localtime(moment), timezone.localtime(other)
    pattern = "%H:%M" if here.date() == there.date() else "%m-%d %H:%M"
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), here.strftime(pattern))


@register.simple_tag
def ago(moment: datetime | None, empty: str = "\u2013") -> SafeString | str:
    """A wall time: relative for a day, then absolute; the exact time in the title."""
    if moment is None:
        return empty
    passed = (timezone.now() - moment).total_seconds()
    text = f"{formats.span(passed).split(' ')[0]} ago" if 0 <= passed < 86400 else formats.clock(moment)
    exactly = timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S %Z")
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exactly, text)


@register.simple_tag
def until(moment: datetime) -> SafeString:
    """A wall time to come: how long it takes, the exact time in the title."""
    left = (moment - timezone.now()).total_seconds()
    text = f"in {formats.span(left)}" if left > 0 else "now"
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), formats.clock(moment), text)


@register.simple_tag
@cache  # a page of fifty bots has five hundred of them
def icon(name: str, classes: str = "") -> SafeString:
    """A drawing of the sprite; decoration only, so a word must stand beside it."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>', classes, static("img/icons.svg"), name
    )


GATES = {"pass": "check", "blocks": "block", "off": "off"}


@register.simple_tag
@cache
def gate(status: str) -> SafeString:
    """What became of a gate: a drawing and a word."""
    word = status if status in GATES else "unknown"
    drawing = icon(GATES.get(status, "question"), "sm")
    return format_html('<span class="gate {}">{}{}</span>', status, drawing, word)


@register.filter
def price_key(product: object) -> str:
    """The name of a product's live price."""
    return f"price.{product.pk}"  # type: ignore[attr-defined]


@register.filter
def signed(ratio: formats.Number | None) -> str:
    """A signed percentage without colour: a distance, no result."""
    return formats.percent(ratio, sign=True)


@register.filter
def hour(moment: datetime | None) -> str:
    return timezone.localtime(moment).strftime("%H:%M") if moment else formats.UNKNOWN


@register.filter
def stamp(moment: datetime) -> str:
    """As a time stands in an address: 2020-02-03T14:05."""
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


@register.filter
def at_key(rows: dict[str, object], key: str) -> object:
    """What a mapping holds under a name that a variable gives; None when nothing."""
    return rows.get(key)
