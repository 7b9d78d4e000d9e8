"""Is the platform well? Checks that anybody may read in one word, and operators in figures."""
