"""What the exchange remembers when it dies: a SQLite file, written before anybody is told."""
