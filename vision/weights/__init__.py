"""The weights that ship, with the network as EasyOCR loads it."""
