"""Makes the table of decisions a partitioned one, by market day, so that an old day is dropped in an instant.

Django cannot declare partitions. The primary key includes the partition key, as PostgreSQL demands; to Django the
model's ``id`` stays the key.
"""

from django.db import migrations

PARTITION = """
ALTER TABLE bots_evaluation RENAME TO bots_evaluation_plain;
CREATE TABLE bots_evaluation (LIKE bots_evaluation_plain INCLUDING DEFAULTS INCLUDING IDENTITY)
    PARTITION BY RANGE (day);
DROP TABLE bots_evaluation_plain;
ALTER TABLE bots_evaluation
    ADD PRIMARY KEY (id, day),
    ADD CONSTRAINT evaluation_once UNIQUE (bot_id, position, day),
    ADD CONSTRAINT evaluation_of_bot FOREIGN KEY (bot_id) REFERENCES bots_bot (id)
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT evaluation_of_version FOREIGN KEY (version_id) REFERENCES bots_botversion (id)
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX bots_evaluation_at ON bots_evaluation (bot_id, at DESC);
CREATE INDEX bots_evaluation_seq ON bots_evaluation (bot_id, seq);
CREATE TABLE bots_evaluation_other PARTITION OF bots_evaluation DEFAULT;
"""


class Migration(migrations.Migration):
    dependencies = [("bots", "0001_initial")]
    operations = [migrations.RunSQL(PARTITION, migrations.RunSQL.noop)]
