"""A training job: its plan, its life as a function of time, and the store that keeps it."""
