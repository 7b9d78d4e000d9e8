from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_know_the_stop_limit")]
    operations = [
        migrations.AddField("fill", "bar", models.PositiveSmallIntegerField(default=0)),
        migrations.RunSQL("UPDATE orders_fill SET bar = 60 WHERE position > 0", migrations.RunSQL.noop),
    ]
