"""The group of operators: staff who see everything, stop what must stop, and never trade for a user.

Stands here because only the wiring knows every app. Apps that come later add their permissions in a migration of theirs.
"""

from django.db import migrations

GROUP = "operators"
SEEN = ["accounts", "bots", "ledger", "markets", "operations", "orders", "paper", "portfolio", "risk"]
DEEDS = {
    ("accounts", "user"): {"pause_user": "Can pause and resume a user"},
    ("bots", "bot"): {"switch_bot": "Can pause a bot, and start it again"},
    ("markets", "streamstate"): {"switch_stream": "Can start and stop a stream"},
    ("risk", "halt"): {"add_halt": "Can add halt", "change_halt": "Can change halt"},  # pull and release
}


def make_group(apps, schema_editor=None):
    """Makes the group, or completes it. Django makes permissions after the last migration; these are needed before."""
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=GROUP)
    for model in apps.get_models():
        label, name = model._meta.app_label, model._meta.model_name
        if label in SEEN:
            wanted = {f"view_{name}": f"Can view {model._meta.verbose_name}", **DEEDS.get((label, name), {})}
            group.permissions.add(*_permissions(apps, label, name, wanted))


def _permissions(apps, label, model, wanted):
    content, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label=label, model=model)
    permissions = apps.get_model("auth", "Permission").objects
    return [
        permissions.get_or_create(content_type=content, codename=codename, defaults={"name": name})[0]
        for codename, name in wanted.items()
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        *((label, "__first__") for label in SEEN),
    ]
    operations = [migrations.RunPython(make_group, migrations.RunPython.noop)]
