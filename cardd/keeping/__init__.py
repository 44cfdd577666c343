"""What is kept for years: backups of an installation, its restoration, and old records that are cut off."""
