"""The set-up: what a practice manager arranges without anybody's help."""
