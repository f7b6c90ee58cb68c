"""What is remembered: turns and conversations, in one SQLite file."""
