"""Definitions compiled for running: every path, expression and rule once."""
