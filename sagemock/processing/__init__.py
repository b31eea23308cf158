"""Processing jobs: their plans and their lives."""
