"""The decorator, for each kind of callable."""
