from django.apps import AppConfig


class TradingsiteConfig(AppConfig):
    name = "tradingsite"
    verbose_name = "Trading site"

    def ready(self) -> None:
        # Django's own rule: models can be imported only when every app is loaded, which is now.
        from tradingsite.broker import set_up_broker  # noqa: PLC0415
        from tradingsite.wiring import connect  # noqa: PLC0415

        set_up_broker()
        connect()
