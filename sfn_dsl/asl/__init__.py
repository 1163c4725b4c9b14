"""Amazon States Language: the model, its text, its schema and the services it can call."""
