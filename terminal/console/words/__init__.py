"""What the console says, in Japanese and English; one file for each group of screens, `registry` puts them together."""
