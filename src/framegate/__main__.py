"""`python -m framegate`: the same as the `framegate` command."""

from framegate.cli.main import run

if __name__ == "__main__":
    run()
