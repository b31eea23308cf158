"""How SageMaker speaks: requests read and checked, and answers written, by the user's service model."""
