"""What a training job is: plans, their timelines, and the store that holds the jobs. Standard library only."""
