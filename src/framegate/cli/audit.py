"""`framegate audit`: does every promise hold on this data folder?"""

from collections.abc import Sequence

import typer

from framegate.cli.accounts import opened
from framegate.cli.options import ConfigOption, DataOption, JsonOption
from framegate.cli.terminal import EXIT_FAILED, say, say_json
from framegate.store.audit import Finding


def audit(data: DataOption = None, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Check every promise that the database and the files can show; exit 0 when all hold."""
    with opened(data, config) as gateway:
        findings = gateway.audit()
        holds = not any(finding.broken for finding in findings)
        if json:
            say_json({"ok": holds, "promises": [vars(finding) for finding in findings]})
        else:
            _say(findings)
        if not holds:
            raise typer.Exit(EXIT_FAILED)


def _say(findings: Sequence[Finding]) -> None:
    for finding in findings:
        state = "holds" if not finding.broken else f"BROKEN by {finding.broken}"
        say(f"{finding.promise:>3}  {finding.says}: {state}")
        for each in finding.ids:
            say(f"       {each}")
