"""After a commit each task runs once, and none that was rolled back."""

from dataclasses import dataclass

import pytest
from django.db import transaction

from apps.operations.commits import after_commit


@dataclass(frozen=True)
class Task:
    name: str
    done: list[str]

    def __call__(self):
        self.done.append(self.name)

    def __hash__(self):
        return hash(self.name)


@pytest.mark.django_db(transaction=True)
def test_equal_tasks_of_a_transaction_run_once_and_in_order():
    done = []
    with transaction.atomic():
        for name in ("a", "b", "a"):
            after_commit(Task(name, done))
        assert done == []
    assert done == ["a", "b"]
    after_commit(Task("a", done))
    assert done == ["a", "b", "a"]


def lose(task):
    """Asks for the task in a savepoint that is rolled back."""
    with transaction.atomic():
        after_commit(task)
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_a_task_lost_with_its_savepoint_is_asked_for_anew():
    done = []
    with transaction.atomic():
        lose(Task("a", done))
        after_commit(Task("a", done))
    assert done == ["a"]


@pytest.mark.django_db(transaction=True)
def test_a_task_asked_for_before_a_savepoint_survives_its_loss():
    done = []
    with transaction.atomic():
        after_commit(Task("a", done))
        lose(Task("a", done))
    assert done == ["a"]
