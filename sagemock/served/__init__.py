"""A mock over HTTP, for other processes and other languages."""
