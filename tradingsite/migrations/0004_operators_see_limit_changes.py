"""Operators see which limits were changed, and which changes wait."""

from importlib import import_module

from django.db import migrations

first = import_module("tradingsite.migrations.0001_operators")


def see(apps, schema_editor=None):
    group = apps.get_model("auth", "Group").objects.get(name=first.GROUP)
    wanted = {"view_limitchange": "Can view limit change"}
    group.permissions.add(*first._permissions(apps, "risk", "limitchange", wanted))


class Migration(migrations.Migration):
    dependencies = [
        ("tradingsite", "0003_operators_see_access_tokens"),
        ("risk", "0002_raise_limits_with_a_delay"),
    ]
    operations = [migrations.RunPython(see, migrations.RunPython.noop)]
