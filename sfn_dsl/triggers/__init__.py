"""What starts a pipeline, one approach per file."""
