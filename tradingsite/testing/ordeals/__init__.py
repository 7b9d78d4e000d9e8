"""The platform's own processes under ill treatment, compared with a run that nothing disturbed."""
