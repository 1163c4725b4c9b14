"""Executions while they run."""
