"""The product's ground floor: settings, errors, clock, privacy, audit, keys, embedded servers."""
