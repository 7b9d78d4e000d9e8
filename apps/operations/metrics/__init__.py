"""Figures for Prometheus. What was decided, ordered and filled is counted from the rows themselves, so a figure is
the platform's and not a process's, survives every restart, and is the same whichever web process answers."""
