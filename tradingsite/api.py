"""The addresses of the API; each app names its own in ``ROUTES``: (prefix, viewset, name of its addresses)."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from apps.accounts.api import (
    connections,
    schema,  # noqa: F401  for the description of the API
)
from apps.accounts.api.me import MeView
from apps.backtests import api as backtests
from apps.bots import api as bots
from apps.ledger import api as ledger
from apps.markets import api as markets
from apps.operations.api.documents import DescriptionView, ReferenceView, TryOutView
from apps.operations.api.views import Missing
from apps.orders import api as orders
from apps.portfolio import api as portfolio
from apps.risk import api as risk

router = SimpleRouter()
for app in (backtests, bots, connections, ledger, markets, orders, portfolio, risk):
    for prefix, viewset, name in app.ROUTES:
        router.register(prefix, viewset, name)

urlpatterns = [
    path("v1/auth/", include("apps.accounts.api.urls")),
    path("v1/me/", MeView.as_view(), name="me"),
    path("v1/", include((router.urls, "api"))),
    path("schema/", DescriptionView.as_view(), name="schema"),
    path("docs/", TryOutView.as_view(), name="docs"),
    path("redoc/", ReferenceView.as_view(), name="redoc"),
    re_path(".*", Missing.as_view()),
]
