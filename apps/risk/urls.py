from django.urls import path

from apps.risk import views

app_name = "risk"
urlpatterns = [
    path("risk/", views.halts, name="halts"),
    path("risk/halt/", views.halt, name="halt"),
    path("risk/halts/<int:pk>/release/", views.release, name="release"),
]
