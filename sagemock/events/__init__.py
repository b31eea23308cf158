"""Events as EventBridge delivers them."""
