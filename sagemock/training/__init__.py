"""Training jobs: their plans, their timelines, and what Describe shows of them."""
