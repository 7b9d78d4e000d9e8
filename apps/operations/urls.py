from django.urls import path

from apps.operations.health import views as health
from apps.operations.metrics.views import metrics

app_name = "operations"
urlpatterns = [
    path("health/", health.live, name="live"),
    path("health/ready/", health.ready, name="ready"),
    path("health/detail/", health.detail, name="health"),
    path("metrics", metrics, name="metrics"),
]
