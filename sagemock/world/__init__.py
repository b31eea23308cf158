"""The state of a mock from its start to its stop, and the verbs by which a test reads and changes it."""
