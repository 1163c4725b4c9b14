"""How findings and differences are printed."""
