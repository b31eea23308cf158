"""What a test holds in its hands: the mock, its verbs and its views, and the ways to begin one."""
