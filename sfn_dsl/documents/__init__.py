"""Reading JSON, YAML and templates so that every value leads back to its line and column."""
