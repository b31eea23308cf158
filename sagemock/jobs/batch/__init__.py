"""Batch jobs: kinds of job that start, run once, and end, without statuses in between."""
