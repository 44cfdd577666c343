"""`cardctl policy`: the group of commands about the office's policy."""

import click


@click.group()
def policy() -> None:
    """The office's policy: look at it, try it, change it."""
