"""Plans of training jobs: their phases and lines, recorded jobs, and the script that a plan gives for one request."""
