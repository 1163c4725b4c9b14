"""Retriers and catchers."""
