"""`framegate openapi`: the description of the HTTP face, for tools that read a file."""

from typing import Annotated, Literal

import typer

from framegate.cli.terminal import say_json
from framegate.web.openapi.document import document


def openapi(
    lang: Annotated[Literal["en", "zh"], typer.Option(help="The language of its texts.")] = "en",
) -> None:
    """Print the OpenAPI 3.1 description, as GET /openapi.json answers it."""
    say_json(document(lang))
