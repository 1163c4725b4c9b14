"""Step kinds: one per file, each a frozen value that lowers itself to drafts of states."""
