"""The agent of a seat: asks people for PINs when the daemon wants them, and locks the desktop when the badge is pulled."""
