"""The demo: a store's morning on the product's real processes, with actors who use its real doors."""
