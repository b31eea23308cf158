"""Tuning jobs, pure: which values a child gets, what is launched and stopped when, and how a tuning job ends."""
