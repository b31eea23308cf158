"""The changes to the process while a mock is active, and how each of them is undone."""
