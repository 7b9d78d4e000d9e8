"""The paper exchange's side of an account reset."""

from apps.accounts.models import TradingAccount
from apps.paper.models import PaperBook, PaperOrder


def book_clear(*, account: TradingAccount) -> None:
    """Cancels every open order of the locked account."""
    for book in PaperBook.objects.select_for_update().filter(account=account).order_by("pk"):
        book.orders.filter(status=PaperOrder.Status.OPEN).update(
            status=PaperOrder.Status.CANCELLED, ended=book.position
        )
