"""What is changed in the process while a mock is active, and how it is undone."""
