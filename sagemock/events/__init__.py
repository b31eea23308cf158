"""Events of EventBridge: the events that jobs send, event patterns, and the delivery to handlers."""
