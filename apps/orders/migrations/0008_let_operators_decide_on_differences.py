"""Gives the group of operators what came with reconciliation; see tradingsite/migrations/0001_operators.py."""

from django.db import migrations

GROUP = "operators"
WANTED = {
    "difference": {
        "view_difference": "Can view difference",
        "decide_difference": "Can decide on a difference between ledger and exchange",
    },
    "reconciled": {"view_reconciled": "Can view reconciled"},
    "recoveryreport": {"view_recoveryreport": "Can view recovery report"},
}


def complete_group(apps, schema_editor):
    """Django makes permissions after the last migration; these are needed before."""
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=GROUP)
    permissions = apps.get_model("auth", "Permission").objects
    for model, wanted in WANTED.items():
        content, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
            app_label="orders", model=model
        )
        for codename, name in wanted.items():
            permission, _ = permissions.get_or_create(content_type=content, codename=codename, defaults={"name": name})
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0007_hold_orders_against_the_exchange"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(complete_group, migrations.RunPython.noop)]
