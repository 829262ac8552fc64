"""`framegate audit`: does every promise hold on this data folder?"""

from collections.abc import Sequence
from pathlib import Path

import typer

from framegate.cli.accounts import opened
from framegate.cli.language import _, language
from framegate.cli.options import ConfigOption, DataOption, JsonOption, settings
from framegate.cli.terminal import EXIT_FAILED, fail, say, say_json, troubles
from framegate.errors import SettingsInvalid
from framegate.gateway import DATABASE_FILE
from framegate.settings import Settings
from framegate.store.audit import Finding
from framegate.web.console.words import translations


def audit(data: DataOption = None, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Check every promise that the database and the files can show; exit 0 when all hold."""
    with troubles():
        _require_a_database(settings(data=data, config=config))
    with opened(data, config) as gateway:
        findings = gateway.audit()
        holds = not any(finding.broken for finding in findings)
        if json:
            say_json({"ok": holds, "promises": [vars(finding) for finding in findings]})
        else:
            say_findings(findings)
        if json and not holds:
            raise typer.Exit(EXIT_FAILED)
        if not holds:
            fail(
                _(
                    "a promise is broken; stop the gateway, keep a copy of its folder, and report "
                    "the lines above"
                ),
                EXIT_FAILED,
            )


def _require_a_database(chosen: Settings) -> None:
    # On a misspelt folder the other commands find no account and say so. Here an empty folder
    # would keep every promise, and a timer would be told so for ever.
    path = chosen.data.database.removeprefix("sqlite:///") or Path(chosen.data.dir) / DATABASE_FILE
    if not Path(path).is_file():
        raise SettingsInvalid(
            _("there is no gateway to audit at {path}; name its folder with --data", path=path)
        )


def say_findings(findings: Sequence[Finding]) -> None:
    """One line a promise, and below it what breaks it."""
    # The console has a page of the same promises, and their translations.
    promises = translations(language())
    for finding in findings:
        state = _("BROKEN by {count}", count=finding.broken) if finding.broken else _("holds")
        says = promises.gettext(finding.says)
        say(
            _(
                "{number}  {promise}: {state}",
                number=f"{finding.promise:>3}",
                promise=says,
                state=state,
            )
        )
        for each in finding.ids:
            say(f"       {each}")
