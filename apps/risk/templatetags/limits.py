"""Changes of limits in templates."""

from django import template

from apps.risk.limits import BY_NAME
from apps.risk.models import LimitChange

register = template.Library()


@register.filter
def limit_label(change: LimitChange) -> str:
    return BY_NAME[change.limit].label


@register.filter
def limit_words(change: LimitChange, side: str) -> str:
    """The old or the new value."""
    value = getattr(change, side)
    return BY_NAME[change.limit].words(value, change.account.currency) if value else "no limit"


@register.filter
def unlocalized(value: float) -> str:
    """A number as an attribute of a meter wants it."""
    return repr(float(value))
