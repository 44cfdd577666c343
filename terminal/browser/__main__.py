"""`cardd-browser-host`: started by the browser it relays; with `install` it writes what the browser needs, with `check` it looks."""

import sys


def main() -> int:
    """The exit status."""
    arguments = sys.argv[1:]
    if arguments and "://" in arguments[0]:  # the browser's first argument: the origin of the extension
        from terminal.browser.host import run  # noqa: PLC0415  # the one half needs no settings of the other, and starts at once

        return run(arguments[0])
    from terminal.browser.installing import command  # noqa: PLC0415

    return command(arguments)


if __name__ == "__main__":
    sys.exit(main())
