from django.urls import URLPattern, URLResolver, path

from apps.dashboard.consumer import LiveConsumer

websocket_urlpatterns: list[URLPattern | URLResolver] = [path("ws/live/", LiveConsumer.as_asgi())]
