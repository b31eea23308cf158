"""Tuning jobs as pure functions: the values of each child, when children are launched and stopped, and how a tuning job ends."""
