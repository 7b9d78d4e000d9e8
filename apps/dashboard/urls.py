from django.urls import path

from apps.dashboard import installable, views
from apps.dashboard.console import console
from apps.dashboard.find import find
from apps.dashboard.logs import logs, logs_download
from apps.dashboard.overview import overview

app_name = "dashboard"
urlpatterns = [
    path("", views.landing, name="landing"),
    path("terms/", views.terms, name="terms"),
    path("manifest.webmanifest", installable.manifest, name="manifest"),
    path("sw.js", installable.service_worker, name="service_worker"),
    path("offline/", installable.offline, name="offline"),
    path("overview/", overview, name="overview"),
    path("console/", console, name="console"),
    path("find/", find, name="find"),
    path("logs/", logs, name="logs"),
    path("logs/download/", logs_download, name="logs_download"),
    path("live/switch/", views.switch, name="switch"),
    path("live/stops/", views.stops, name="stops"),
    path("live/values/", views.values, name="values"),
]
