"""Which readers and cards are present now, and who may use one."""
