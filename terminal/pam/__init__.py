"""Login to the machine with the badge: the helper that `pam_exec.so` runs (docs/login-to-the-machine.md)."""
