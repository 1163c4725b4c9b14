"""Pages about pipelines, in Markdown, made of what they become."""
