"""One state by itself, as AWS's TestState runs it."""
