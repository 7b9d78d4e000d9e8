from django.apps import AppConfig


class TradingsiteConfig(AppConfig):
    name = "tradingsite"
    verbose_name = "Trading site"

    def ready(self) -> None:
        # Django's own rule: models can be imported only when every app is loaded, which is now.
        from tradingsite.broker import set_up_broker
        from tradingsite.wiring import connect

        set_up_broker()
        connect()
