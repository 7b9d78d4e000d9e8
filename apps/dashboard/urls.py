from django.urls import URLPattern
from django.views.generic import TemplateView

from django.urls import path

app_name = "dashboard"
urlpatterns: list[URLPattern] = [
    path("", TemplateView.as_view(template_name="dashboard/landing.html"), name="landing"),
    path("overview/", TemplateView.as_view(template_name="dashboard/landing.html"), name="overview"),
]
