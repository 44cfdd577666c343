"""The test PKI: worthless keys, JPKI-like and operator authorities, certificates right and wrong, the same bytes each time."""
