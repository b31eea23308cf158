"""The same world over HTTP, for other processes and other languages."""
