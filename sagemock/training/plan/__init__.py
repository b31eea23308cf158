"""What a job will do: plans, their phases and lines, recordings, and the script that they become for one request."""
