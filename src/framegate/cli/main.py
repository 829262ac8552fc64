"""The command line: every command's name and help, and nothing of what they do."""

from typing import Annotated

import typer

from framegate import __version__
from framegate.cli.language import marked
from framegate.cli.lazy import lazy

tasks = typer.Typer(
    no_args_is_help=True,
    help="Tasks: list, watch and cancel yours; find and resolve uncertain ones.",
    cls=lazy(
        {
            # A caller's, through a running server.
            "list": "own_tasks:listed",
            "get": "own_tasks:get",
            "watch": "own_tasks:watch",
            "cancel": "own_tasks:cancel",
            # An operator's, on the data folder.
            "show": "tasks:show",
            "uncertain": "tasks:uncertain",
            "resolve": "tasks:resolved",
        }
    ),
)
webhooks = typer.Typer(
    no_args_is_help=True,
    help="Webhooks: make and try them, look at deliveries and send them again.",
    cls=lazy(
        {
            "listen": "listen:listen",
            "verify": "verify:verify",
            "list": "webhooks:listed",
            "create": "webhooks:create",
            "rotate": "webhooks:rotate",
            "disable": "webhooks:disable",
            "enable": "webhooks:enable",
            "deliveries": "webhooks:deliveries",
            "replay": "webhooks:replay",
        }
    ),
)
framegate = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A self-hosted gateway for image-to-video: a picture and a few words in, a video out.",
    epilog=(
        "Begin with `framegate demo`, or with `framegate serve` and `framegate generate`. "
        "Settings come from framegate.toml and FRAMEGATE_SECTION_FIELD: see docs/settings.md."
    ),
    cls=lazy(
        {
            "serve": "serve:serve",
            "work": "serve:work",
            "generate": "generate:generate",
            "quote": "generate:quote",
            "tasks": tasks,
            "usage": "usage:usage",
            "webhooks": webhooks,
            "demo": "demo:demo",
            "accounts": "accounts:accounts",
            "keys": "keys:keys",
            "topup": "accounts:topup",
            "upstreams": "upstreams:upstreams",
            "audit": "audit:audit",
            "doctor": "doctor:doctor",
            "backup": "backup:backup",
            "openapi": "openapi:openapi",
            "console": "console:console",
            "config": "config:config",
            "pretend-vendor": "pretend_vendor:pretend_vendor",
        },
        panels={
            marked("Commands through a server, with a key"): (
                "generate",
                "quote",
                "tasks",
                "usage",
                "webhooks",
            ),
            marked("Commands on this machine"): (
                *("serve", "work", "demo", "doctor", "config", "pretend-vendor"),
            ),
            marked("Commands of the operator, on the data folder"): (
                *("accounts", "keys", "topup", "upstreams"),
                *("audit", "backup", "console", "openapi"),
            ),
        },
    ),
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"framegate {__version__}")
        raise typer.Exit


@framegate.callback()
def main(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Start with `framegate serve`, or with `framegate demo`."""


def run() -> None:
    """Where the console script begins."""
    framegate()
