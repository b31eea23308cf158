"""The decorator, on each kind of callable."""
