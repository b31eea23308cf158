"""Tuning jobs, pure: which values a child gets, and when it is stopped early."""
