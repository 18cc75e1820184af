"""Plates and lots drawn in memory, for training, tests and the demo."""
