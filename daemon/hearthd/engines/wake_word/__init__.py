"""Has the wake word been said."""
