"""A stand-in pcscd: the pcsc-lite socket protocol, served to the unmodified libpcsclite, with readers made of memory."""
