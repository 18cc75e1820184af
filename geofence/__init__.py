"""Fences, trips, positions and arrival times."""
