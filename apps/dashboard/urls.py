from django.urls import path

from apps.dashboard import views
from apps.dashboard.console import console
from apps.dashboard.overview import overview

app_name = "dashboard"
urlpatterns = [
    path("", views.landing, name="landing"),
    path("terms/", views.terms, name="terms"),
    path("overview/", overview, name="overview"),
    path("console/", console, name="console"),
    path("live/switch/", views.switch, name="switch"),
    path("live/stops/", views.stops, name="stops"),
    path("live/values/", views.values, name="values"),
]
