"""Starts `cardd-vcard`: virtual cards and readers from the command line."""

from applets_spec.cli.main import cli


def main() -> None:
    """Entry point of the `cardd-vcard` script."""
    cli(prog_name="cardd-vcard")


if __name__ == "__main__":
    main()
