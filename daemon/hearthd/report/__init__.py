"""Pictures of where the time went."""
