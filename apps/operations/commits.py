"""What a transaction sets off once it is committed."""

from collections.abc import Callable

from django.db import transaction


def after_commit(task: Callable[[], None]) -> None:
    """Runs a task after the commit: once, however often the same (equal) task is asked for in the transaction."""
    connection = transaction.get_connection()
    savepoints = set(connection.savepoint_ids)  # one asked for in a savepoint may be rolled back with it
    if (savepoints, task) not in [(within, asked) for within, asked, _ in connection.run_on_commit]:
        transaction.on_commit(task)
