"""Paths, intrinsic functions, JSONata, variables."""
