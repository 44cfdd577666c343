"""共通AP: the card record, a PIN, an internal key."""
