"""The form of a definition: fields, types, transitions."""
