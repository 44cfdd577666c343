"""The use case of a badge's life: enrolment, renewal, a new PIN by means of the PUK, loss report, list."""
