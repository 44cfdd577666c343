"""The operator's terminal: agent and console."""
