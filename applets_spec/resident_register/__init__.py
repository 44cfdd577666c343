"""住基AP: its PIN, and nothing of its content, because no public source tells it."""
