"""Batch jobs (processing and transform jobs): they start, run once and end, without secondary statuses."""
