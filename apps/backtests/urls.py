from django.urls import path

from apps.backtests.views import ask, deeds, files, lists, report

app_name = "backtests"
urlpatterns = [
    path("backtests/", lists.backtest_list, name="list"),
    path("backtests/new/", ask.new, name="new"),
    path("backtests/<uuid:pk>/", report.detail, name="detail"),
    path("backtests/<uuid:pk>/candles.json", report.candles, name="candles"),
    path("backtests/<uuid:pk>/trades.csv", files.trades_csv, name="trades_csv"),
    path("backtests/<uuid:pk>/report.json", files.report_json, name="report_json"),
    path("backtests/<uuid:pk>/cancel/", deeds.cancel, name="cancel"),
    path("backtests/<uuid:pk>/delete/", deeds.delete, name="delete"),
    path("backtests/<uuid:pk>/bot/", deeds.bot, name="bot"),
]
