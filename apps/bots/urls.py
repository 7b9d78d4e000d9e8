from django.urls import path

from apps.bots.views import bots, conditions, edit, states, wizard

app_name = "bots"
urlpatterns = [
    path("bots/", bots.bot_list, name="list"),
    path("bots/new/", wizard.new, name="new"),
    path("bots/new/settings/", wizard.settings, name="settings"),
    path("bots/<int:pk>/", bots.bot_detail, name="detail"),
    path("bots/<int:pk>/candles.json", bots.bot_candles, name="candles"),
    path("bots/<int:pk>/edit/", edit.edit, name="edit"),
    path("bots/<int:pk>/versions/", edit.versions, name="versions"),
    path("bots/<int:pk>/versions/<int:number>/", edit.rollback, name="rollback"),
    path("bots/<int:pk>/<slug:verb>/", states.switch, name="switch"),
    path("conditions/", conditions.conditions, name="conditions"),
]
