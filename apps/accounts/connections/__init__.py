"""Connections to exchanges: made, checked, taken live, taken away."""
