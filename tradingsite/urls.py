"""The site's addresses; each app names its own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("account/", include("allauth.urls")),
    path("api/v1/auth/", include("apps.accounts.api.urls")),
    path("", include("apps.dashboard.urls")),
    path("", include("apps.bots.urls")),
    path("", include("apps.portfolio.urls")),
    path("", include("apps.risk.urls")),
]

handler500 = "apps.dashboard.errors.server_error"
