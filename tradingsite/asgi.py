"""HTTP to Django, WebSockets to the live consumer."""

import gc
import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradingsite.settings")
http = get_asgi_application()  # loads the apps; what follows may import models

from apps.dashboard.routing import websocket_urlpatterns  # noqa: E402  the apps must be loaded first

application = ProtocolTypeRouter(
    {"http": http, "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))}
)
_ = get_resolver().url_patterns  # loads every view now: the first visitor would wait a second for them
gc.collect()
gc.freeze()  # what stays as long as the process need not be searched for garbage while somebody waits
