"""Ships one terminal's records and heads to the fleet's database: `cardd-ship`, a program of its own with a network."""
