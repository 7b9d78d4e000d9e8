"""The API of orders: placed, estimated, edited, followed, cancelled."""

from apps.orders.api.groups import OrderGroupViewSet
from apps.orders.api.orders import OrderViewSet

ROUTES = [("orders", OrderViewSet, "order"), ("order-groups", OrderGroupViewSet, "order-group")]
