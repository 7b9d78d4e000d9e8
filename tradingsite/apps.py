from django.apps import AppConfig

from tradingsite import wiring
from tradingsite.broker import set_up_broker


class TradingsiteConfig(AppConfig):
    name = "tradingsite"
    verbose_name = "Trading site"

    def ready(self) -> None:
        set_up_broker()
        wiring.connect()
