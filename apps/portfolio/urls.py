from django.urls import path

from apps.portfolio import views
from apps.portfolio.allocation.views import portfolio, portfolio_csv
from apps.portfolio.charts.views import candles, charts, keep
from apps.portfolio.performance.views import performance, performance_csv

app_name = "portfolio"
urlpatterns = [
    path("positions/", views.positions, name="positions"),
    path("trades/", views.trades, name="trades"),
    path("trades.csv", views.trades_csv, name="trades_csv"),
    path("portfolio/", portfolio, name="portfolio"),
    path("portfolio.csv", portfolio_csv, name="portfolio_csv"),
    path("performance/", performance, name="performance"),
    path("performance.csv", performance_csv, name="performance_csv"),
    path("charts/", charts, name="charts"),
    path("charts/candles.json", candles, name="candles"),
    path("charts/keep/", keep, name="charts_keep"),
    path("paper/", views.paper, name="paper"),
    path("paper/open/", views.paper_open, name="paper_open"),
    path("paper/deposit/", views.deposit, name="deposit"),
    path("paper/reset/", views.reset, name="reset"),
]
