"""Facts that must survive a restart: guard counters and locks, approvals, the emergency stop, versions of the office's files, badges."""
