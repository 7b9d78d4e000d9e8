"""What Django itself can say about the whole project."""

import pytest
from django.core.management import call_command

pytestmark = pytest.mark.django_db


def test_every_change_of_a_model_has_its_migration(capsys):
    call_command("makemigrations", check=True, dry_run=True)
    assert "No changes detected" in capsys.readouterr().out


def test_it_passes_the_system_checks_without_a_warning():
    call_command("check", fail_level="WARNING")
