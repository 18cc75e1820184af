"""A store's days in minutes: scripted visits with their truth, played through the real services."""
