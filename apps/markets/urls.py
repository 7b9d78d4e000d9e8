from django.urls import path

from apps.markets import views

app_name = "markets"
urlpatterns = [
    path("markets/stream/", views.stream, name="stream"),
    path("markets/quality/", views.quality, name="quality"),
    path("markets/quality/<str:symbol>/", views.series, name="series"),
]
