from django.urls import path

from apps.accounts.api import views

app_name = "auth"
urlpatterns = [
    path("token/", views.TokenView.as_view(), name="token"),
    path("token/refresh/", views.TokenRefreshView.as_view(), name="refresh"),
    path("token/verify/", views.TokenVerifyView.as_view(), name="verify"),
    path("token/revoke/", views.TokenRevokeView.as_view(), name="revoke"),
]
