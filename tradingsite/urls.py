"""The site's addresses; each app names its own."""

from django.contrib import admin
from django.urls import include, path

from apps.accounts.urls import library_urlpatterns

urlpatterns = [
    path("admin/", admin.site.urls),
    *library_urlpatterns,
    path("account/", include("allauth.urls")),
    path("", include("apps.accounts.urls")),
    path("api/", include("tradingsite.api")),
    path("", include("apps.dashboard.urls")),
    path("", include("apps.bots.urls")),
    path("", include("apps.backtests.urls")),
    path("", include("apps.portfolio.urls")),
    path("", include("apps.orders.urls")),
    path("", include("apps.markets.urls")),
    path("", include("apps.risk.urls")),
    path("", include("apps.operations.urls")),
]

handler400 = "apps.dashboard.errors.bad_request"
handler500 = "apps.dashboard.errors.server_error"
