"""The running process: hardening of its memory, and its talk with systemd."""
