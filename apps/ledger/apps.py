from decimal import DefaultContext, getcontext

from django.apps import AppConfig

DIGITS = 80  # the product of two amounts of 38 digits, exactly


class LedgerConfig(AppConfig):
    name = "apps.ledger"

    def ready(self) -> None:
        # Python rounds to 28 digits unless told otherwise. Threads copy the default, this one has its own already.
        DefaultContext.prec = getcontext().prec = DIGITS
