"""The options that several commands share, and the settings they lead to."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from framegate.settings import Settings, load

DataOption = Annotated[
    str | None,
    typer.Option(
        "--data",
        help="The data folder: database, videos, keys.",
        show_default="framegate-data",
        metavar="DIR",
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar="FRAMEGATE_CONFIG",
        help="The settings file; docs/settings.md has a whole one.",
        show_default="./framegate.toml, if there is one",
    ),
]
UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url",
        help="Where the server answers.",
        show_default=(
            "FRAMEGATE_URL, else where the server of framegate-data listens, "
            "else http://127.0.0.1:8787"
        ),
    ),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        help="The API key.",
        show_default="FRAMEGATE_KEY, else framegate-data/admin.key for a server on this machine",
    ),
]
OutputOption = Annotated[Path, typer.Option("--output", "-o", help="Where the video goes.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer with one line of JSON.")]


def settings(*, data: str | None, config: Path | None = None, **server: Any) -> Settings:
    """Read the settings under a command's own options."""
    return load(
        config=config,
        environment=os.environ,
        overrides={"data": {"dir": data}, "server": server},
    )
