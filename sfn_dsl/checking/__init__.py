"""Running the rules: over a definition, a file, a pipeline; what is selected and what is suppressed."""
