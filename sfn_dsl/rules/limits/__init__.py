"""Limits of the service."""
