"""Who is logged in at which seat: a table, no I/O."""
