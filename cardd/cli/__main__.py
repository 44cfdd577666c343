"""`python -m cardd.cli`: cardctl from a checkout."""

from cardd.cli.main import main

if __name__ == "__main__":
    main(prog_name="cardctl")
