"""Operators see backtests."""

from importlib import import_module

from django.db import migrations

first = import_module("tradingsite.migrations.0001_operators")


def see(apps, schema_editor=None):
    group = apps.get_model("auth", "Group").objects.get(name=first.GROUP)
    for name in ("backtest", "backtestresult"):
        model = apps.get_model("backtests", name)
        wanted = {f"view_{name}": f"Can view {model._meta.verbose_name}"}
        group.permissions.add(*first._permissions(apps, "backtests", name, wanted))


class Migration(migrations.Migration):
    dependencies = [("tradingsite", "0001_operators"), ("backtests", "0001_initial")]
    operations = [migrations.RunPython(see, migrations.RunPython.noop)]
