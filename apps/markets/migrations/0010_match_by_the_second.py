from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("markets", "0009_let_operators_switch_the_stream")]
    operations = [
        migrations.AddField("feed", "recorded", models.BigIntegerField(default=0)),
        migrations.AddField("marketsession", "granularity", models.PositiveSmallIntegerField(default=60)),
    ]
