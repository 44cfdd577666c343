"""The `cardd-vcard` command."""
