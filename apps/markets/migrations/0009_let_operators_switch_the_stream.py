"""Gives the group of operators what came with live markets; see tradingsite/migrations/0001_operators.py."""

from django.db import migrations

GROUP = "operators"
WANTED = {
    "streamstate": {"view_streamstate": "Can view stream state", "switch_stream": "Can start and stop a stream"},
    "seriesday": {"view_seriesday": "Can view series day"},
    "quarantinedtrade": {"view_quarantinedtrade": "Can view quarantined trade"},
    "secondchunk": {"view_secondchunk": "Can view second chunk"},
    "marketchoice": {"view_marketchoice": "Can view market choice"},
}


def complete_group(apps, schema_editor):
    """Django makes permissions after the last migration; these are needed before."""
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=GROUP)
    permissions = apps.get_model("auth", "Permission").objects
    for model, wanted in WANTED.items():
        content, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
            app_label="markets", model=model
        )
        for codename, name in wanted.items():
            permission, _ = permissions.get_or_create(content_type=content, codename=codename, defaults={"name": name})
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("markets", "0008_allow_switching_the_stream"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(complete_group, migrations.RunPython.noop)]
