"""The intrinsic functions `States.*`."""
