"""Data on its way from state to state."""
