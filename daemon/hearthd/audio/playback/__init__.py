"""The mixer and its sample clock."""
