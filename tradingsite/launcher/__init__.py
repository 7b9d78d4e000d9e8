"""Starts the whole platform on one machine: environment, embedded services, processes. Standard library only."""
