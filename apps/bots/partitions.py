"""The day partitions of the decisions table."""

from datetime import date, timedelta

from django.db import connection, transaction
from psycopg import sql

TABLE = "bots_evaluation"


def _name(day: date) -> str:
    return f"{TABLE}_{day:%Y%m%d}"


def partition_days() -> list[date]:
    """The UTC market days that have a partition, newest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [TABLE])
        names = [name.removeprefix(f"{TABLE}_") for (name,) in cursor.fetchall()]
    return sorted((date.fromisoformat(name) for name in names if name.isdecimal()), reverse=True)


def partition_ensure(day: date) -> None:
    """Makes the partition of a UTC market day if it is missing. Rows of a day without one go to the default."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [_name(day)])
        if cursor.fetchone()[0] is not None:
            return
        with transaction.atomic():
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [_name(day)])
            statement = sql.SQL("CREATE TABLE IF NOT EXISTS {} PARTITION OF {} FOR VALUES FROM ({}) TO ({})").format(
                sql.Identifier(_name(day)),
                sql.Identifier(TABLE),
                sql.Literal(day.isoformat()),
                sql.Literal((day + timedelta(days=1)).isoformat()),
            )
            cursor.execute(statement)
