"""Everybody gets a row for the e-mail address; those that commands have made count as proved."""

from django.db import migrations


def fill(apps, schema_editor):
    user_model = apps.get_model("accounts", "User")
    address_model = apps.get_model("account", "EmailAddress")
    for user in user_model.objects.iterator():
        known = user.is_superuser or user.email == "demo@example.com"
        address, _ = address_model.objects.get_or_create(
            user=user, email=user.email, defaults={"primary": True, "verified": known}
        )
        if known and not address.verified:
            address.verified = address.primary = True
            address.save()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_preferences"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
