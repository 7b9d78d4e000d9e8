"""Addresses of the page at hand, changed in one point."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def fragment(context: dict[str, Any], name: str, keys: str, **changes: Any) -> SafeString:
    """Attributes of a part that refreshes by itself: where to fetch it and which hints concern it."""
    return format_html('data-fragment="{}" data-keys="{}"', address(context, fragment=name, **changes), keys)


@register.simple_tag(takes_context=True)
def address(context: dict[str, Any], **changes: Any) -> str:
    """The page's own address with some of its query replaced; None takes a value out."""
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    query.pop("fragment", None)
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return f"{request.path}?{query.urlencode()}" if query else request.path


@register.simple_tag(takes_context=True)
def sort_link(context: dict[str, Any], key: str, label: str) -> SafeString:
    """A table head that sorts: the first tap descending, the next ascending. The page's filter stays."""
    current, descending = context["sort"], context["descending"]
    down = not (key == current and descending)
    url = address(context, sort=f"-{key}" if down else key, after=None)
    arrow = ("▾" if descending else "▴") if key == current else ""
    return format_html('<a href="{}">{}<span aria-hidden="true">{}</span></a>', url, label, arrow)


@register.simple_tag(takes_context=True)
def sort_state(context: dict[str, Any], key: str) -> SafeString | str:
    """The aria-sort attribute of a table head."""
    if context["sort"] != key:
        return ""
    return format_html('aria-sort="{}"', "descending" if context["descending"] else "ascending")


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any]) -> str:
    """The page's filter for another address, without its place in the pages."""
    values = context["request"].GET.copy()
    for name in ("fragment", "after"):
        values.pop(name, None)
    return f"?{values.urlencode()}" if values else ""
