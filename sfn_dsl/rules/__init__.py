"""Checks of definitions: one rule per file, found by `registry`."""
