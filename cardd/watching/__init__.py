"""Rules that look over the record for patterns somebody should ask about (W1 to W18). They read, and never delay a card."""
