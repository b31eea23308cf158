"""Processing jobs: their plans, their records, and random lives."""
