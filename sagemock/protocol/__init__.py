"""SageMaker's protocol: reads and checks requests, and writes answers, according to the user's service model."""
