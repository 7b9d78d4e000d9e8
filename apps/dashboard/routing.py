from channels.consumer import AsyncConsumer
from django.urls import URLPattern, URLResolver

websocket_urlpatterns: list[URLPattern | URLResolver] = []
__all__ = ["AsyncConsumer", "websocket_urlpatterns"]
