"""Messages to customers: written with the step they tell of, delivered once, kept as a log."""
