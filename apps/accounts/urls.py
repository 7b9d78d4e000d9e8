from django.urls import path
from django.views.generic import RedirectView

from apps.accounts.views import connections, data, preferences, security, tokens

app_name = "accounts"
urlpatterns = [
    path("settings/", preferences.profile, name="profile"),
    path("settings/security/", security.security, name="security"),
    path("settings/security/sessions/", security.sessions_end, name="sessions_end"),
    path("settings/security/sessions/<int:pk>/", security.session_end, name="session_end"),
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path("settings/tokens/<int:pk>/", tokens.token_end, name="token_end"),
    path("settings/connections/", connections.connections, name="connections"),
    path("settings/connections/new/", connections.connect, name="connect"),
    path("settings/connections/<int:pk>/check/", connections.connection_recheck, name="connection_check"),
    path("settings/connections/<int:pk>/live/", connections.connection_live, name="connection_live"),
    path("settings/connections/<int:pk>/live/end/", connections.connection_live_end, name="connection_live_end"),
    path("settings/connections/<int:pk>/delete/", connections.connection_end, name="connection_end"),
    path("settings/display/", preferences.display, name="display"),
    path("settings/data/", data.data, name="data"),
    path("settings/data/export/", data.export, name="export"),
    path("settings/data/delete/", data.delete, name="delete"),
]

# What the library shows on pages of their own stands on ours; its flows lead there.
overview = RedirectView.as_view(pattern_name="accounts:security")
library_urlpatterns = [path(f"account/{address}/", overview) for address in ("2fa", "2fa/webauthn", "sessions")]
