from django.urls import path

from apps.risk import limit_views, views

app_name = "risk"
urlpatterns = [
    path("risk/", views.halts, name="halts"),
    path("risk/halt/", views.halt, name="halt"),
    path("risk/limits/", limit_views.limits_edit, name="limits"),
    path("risk/raises/<int:pk>/cancel/", limit_views.raise_withdraw, name="withdraw"),
    path("risk/halts/<int:pk>/release/", views.release, name="release"),
]
