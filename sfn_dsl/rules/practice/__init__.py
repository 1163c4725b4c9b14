"""Good practice, security, cost."""
