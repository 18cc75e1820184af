"""One belief about each visit, from all its evidence."""
