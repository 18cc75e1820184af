"""The orders REST API: parse, ask permission, make one domain call, answer."""
