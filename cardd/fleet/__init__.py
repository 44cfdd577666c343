"""Many terminals in one PostgreSQL: the tables, who may do what in them, questions, reports, the check of every chain."""
