"""The API of the ledger: every entry with its lines."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from apps.accounts.api.own import own_accounts
from apps.ledger.models import Entry
from apps.ledger.selectors import entries
from apps.ledger.serializers import EntrySerializer
from apps.operations.api.filters import TimeFilter
from apps.operations.api.views import ApiViewSet


class EntryFilter(filters.FilterSet):
    account = filters.ModelChoiceFilter(queryset=own_accounts)
    since = TimeFilter(field_name="at", lookup_expr="gte", help_text="Inclusive.")
    until = TimeFilter(field_name="at", lookup_expr="lte", help_text="Inclusive.")

    class Meta:
        model = Entry
        fields = ("account", "kind", "since", "until")


class EntryViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    model, serializer_class, filterset_class = Entry, EntrySerializer, EntryFilter
    summaries = {"list": "List your ledger's entries", "retrieve": "Get a ledger entry"}

    def rows(self) -> QuerySet[Entry]:
        return entries(self.user)


ROUTES = [("ledger/entries", EntryViewSet, "entry")]
