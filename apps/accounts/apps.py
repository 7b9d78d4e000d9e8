from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    verbose_name = "People and accounts"

    def ready(self) -> None:
        from apps.accounts import trail  # noqa: PLC0415  models exist only now

        trail.connect()
