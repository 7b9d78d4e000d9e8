"""The trading core: pure functions and compiled loops. Imports nothing of Django, Redis or an exchange."""

VERSION = "1"
