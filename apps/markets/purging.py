"""Letting go of the candles of recordings that were played to their end."""

from django.db import transaction

from apps.markets.models import Candle, CandleChunk, MarketSession

KEPT = 2  # newest sessions of a venue: the one that plays and the one before


def sessions_purge() -> int:
    """Deletes the candles of simulated sessions that are closed and neither of their venue's newest two; the number of
    sessions. The sessions themselves stay: decisions, orders and trades name their events. A real market loses nothing.
    """
    purged = 0
    finished = MarketSession.objects.filter(simulated=True, closed__isnull=False).order_by("pk")
    for session in finished:
        newer = MarketSession.objects.filter(venue=session.venue, pk__gt=session.pk).count()
        if newer >= KEPT:
            purged += _purge(session)
    return purged


@transaction.atomic
def _purge(session: MarketSession) -> bool:
    """Whether there was anything left to delete."""
    found = [kind.objects.filter(session=session).delete()[0] for kind in (Candle, CandleChunk)]
    return any(found)
