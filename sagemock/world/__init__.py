"""One life of a mock: all that exists from its start to its stop."""
