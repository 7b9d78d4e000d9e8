from django.urls import path

from apps.orders.pages import closing, group_edit, history, single, ticket

app_name = "orders"
urlpatterns = [
    path("orders/", ticket.orders_page, name="orders"),
    path("orders/history/", history.history, name="history"),
    path("orders/review/", ticket.review, name="review"),
    path("orders/send/", ticket.send, name="send"),
    path("orders/size/", ticket.size, name="size"),
    path("orders/cancel/", single.cancel, name="cancel"),
    path("orders/advanced/<int:pk>/", single.group_page, name="group"),
    path("orders/advanced/<int:pk>/edit/", group_edit.edit, name="group_edit"),
    path("orders/close/<int:pk>/", closing.close, name="close"),
    path("orders/<int:pk>/", single.order_page, name="order"),
    path("orders/<int:pk>/edit/", single.edit, name="edit"),
]
