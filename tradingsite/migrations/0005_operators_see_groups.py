"""Operators see advanced orders, and positions without the stop they were to have."""

from importlib import import_module

from django.db import migrations

first = import_module("tradingsite.migrations.0001_operators")
WANTED = {"ordergroup": "order group", "protectiongap": "protection gap"}


def see(apps, schema_editor=None):
    group = apps.get_model("auth", "Group").objects.get(name=first.GROUP)
    for model, words in WANTED.items():
        group.permissions.add(*first._permissions(apps, "orders", model, {f"view_{model}": f"Can view {words}"}))


class Migration(migrations.Migration):
    dependencies = [
        ("tradingsite", "0004_operators_see_limit_changes"),
        ("orders", "0011_positions_without_a_stop"),
    ]
    operations = [migrations.RunPython(see, migrations.RunPython.noop)]
