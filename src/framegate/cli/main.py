"""The command line: every command's name and help, and nothing of what they do."""

from typing import Annotated

import typer

from framegate import __version__
from framegate.cli import (
    accounts,
    audit,
    backup,
    console,
    demo,
    generate,
    keys,
    openapi,
    pretend_vendor,
    serve,
    tasks,
    upstreams,
    webhooks,
)

framegate = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A self-hosted gateway for image-to-video: a picture and a few words in, a video out.",
    epilog=(
        "Begin with `framegate demo`, or with `framegate serve` and `framegate generate`. "
        "Settings come from framegate.toml and FRAMEGATE_SECTION_FIELD: see docs/settings.md."
    ),
)
framegate.command()(serve.serve)
framegate.command()(serve.work)
framegate.command()(generate.generate)
framegate.command()(demo.demo)
framegate.add_typer(accounts.accounts, name="accounts")
framegate.add_typer(keys.keys, name="keys")
framegate.command()(accounts.topup)
framegate.add_typer(webhooks.webhooks, name="webhooks")
framegate.add_typer(tasks.tasks, name="tasks")
framegate.add_typer(upstreams.upstreams, name="upstreams")
framegate.command()(audit.audit)
framegate.command()(backup.backup)
framegate.command()(openapi.openapi)
framegate.command()(console.console)
framegate.command()(pretend_vendor.pretend_vendor)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"framegate {__version__}")
        raise typer.Exit


@framegate.callback()
def main(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Start with `framegate serve`, or with `framegate demo`."""


def run() -> None:
    """Where the console script begins."""
    framegate()
