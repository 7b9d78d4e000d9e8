"""Who hears of what: fills the registries through which effects go up. The only place that knows both ends."""


def connect() -> None:
    """Called once when the apps are loaded."""
