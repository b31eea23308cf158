"""SageMaker's protocol: reads and checks requests, and writes answers, by the user's service model."""
