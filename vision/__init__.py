"""The cameras: from a stream's frames to one plate read a passage."""
