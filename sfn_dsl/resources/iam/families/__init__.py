"""What the calls of each service need: one family of integrations per file."""
