"""Transform jobs: their plans and their lives."""
