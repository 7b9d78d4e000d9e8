"""What the processes say: formatted, freed of secrets, tied to its cause, and kept for the Logs page.

Logs are no facts: everything here may be lost without harm, and nothing here may make a process wait.
"""
