from decimal import Decimal

from django.db import migrations, models
from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce


def fill_in(apps, schema_editor):
    """Earlier points carry all that their run was paid: when in it a deposit came was not kept."""
    lines = apps.get_model("ledger", "Line").objects.filter(
        entry__account=OuterRef("account"), entry__generation=OuterRef("generation"), entry__kind="deposit",
        bucket="assets",
    )  # fmt: skip
    paid = lines.order_by().values("entry__account").annotate(total=Sum("amount")).values("total")
    apps.get_model("portfolio", "EquitySnapshot").objects.update(deposited=Coalesce(Subquery(paid), Decimal(0)))


class Migration(migrations.Migration):
    dependencies = [("portfolio", "0001_initial"), ("ledger", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="equitysnapshot",
            name="deposited",
            field=models.DecimalField(decimal_places=18, default=Decimal("0"), max_digits=38),
        ),
        migrations.RunPython(fill_in, migrations.RunPython.noop),
    ]
