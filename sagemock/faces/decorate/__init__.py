"""The decorator, for each kind of callable and for classes."""
