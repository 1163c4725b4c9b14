"""Where the work of Extract, Transform and Load is done: one engine per file."""
