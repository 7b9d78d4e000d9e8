"""Settings of the API: what it takes, how it answers, how it describes itself."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.TokenAuthentication",
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "apps.accounts.permissions.HasScope",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.operations.api.bodies.JsonParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "apps.operations.api.paging.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "apps.operations.api.schema.ProblemSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "apps.operations.api.throttles.AddressThrottle",
        "apps.operations.api.throttles.UserThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"sign_in": "30/min", "user": "600/min", "anon": "60/min"},
    "NUM_PROXIES": 0,  # REMOTE_ADDR is the client's already: apps.operations.proxies
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "apps.operations.api.problems.problem_response",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tradingsite",
    "VERSION": "1",
    "DESCRIPTION": "Bots, markets, orders and accounts for scripts. Amounts, prices and quantities are decimal "
    "strings, times ISO 8601 in UTC; a ratio such as 0.05 means 5 %. Lists come in keyset pages: follow `next`. "
    "Errors are RFC 9457 problems that name the field, its value and the rule. `If-None-Match` with the `ETag` of an "
    "earlier answer gives 304 while nothing changed; an `Idempotency-Key` makes repeating a creation safe. "
    "docs/api.md tells more, the live socket included.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "TimeframeEnum": "apps.markets.models.TIMEFRAMES",
        "BotStateEnum": "apps.bots.models.Bot.State",
        "OrderStateEnum": "apps.orders.models.Order.STATES",
        "OrderGroupStateEnum": "apps.orders.models.OrderGroup.State",
        "OrderSideEnum": "apps.orders.models.Side",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "displayRequestDuration": True, "validatorUrl": None},
}
