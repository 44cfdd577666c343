"""What the daemon knows of each kind of card."""
