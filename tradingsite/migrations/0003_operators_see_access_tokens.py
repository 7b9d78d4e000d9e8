"""Operators see which scripts act for whom."""

from importlib import import_module

from django.db import migrations

first = import_module("tradingsite.migrations.0001_operators")


def see(apps, schema_editor=None):
    group = apps.get_model("auth", "Group").objects.get(name=first.GROUP)
    wanted = {"view_accesstoken": "Can view access token"}
    group.permissions.add(*first._permissions(apps, "accounts", "accesstoken", wanted))


class Migration(migrations.Migration):
    dependencies = [("tradingsite", "0002_operators_see_backtests"), ("accounts", "0002_access_token")]
    operations = [migrations.RunPython(see, migrations.RunPython.noop)]
