"""What tasks answer, what goes wrong, and what really happened."""
