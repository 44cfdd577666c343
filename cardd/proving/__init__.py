"""A badge proves its holder: certificate, register, PIN, and a signature over a fresh challenge."""
