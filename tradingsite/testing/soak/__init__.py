"""Live accounts under ill treatment: orders of every kind, faults on, everything killed; then the books compared."""
