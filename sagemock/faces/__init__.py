"""The ways to start a mock: decorator, context manager, `start()` and fixture; and the report about mocks."""
