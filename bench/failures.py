"""Every way in which an upstream fails: what the customer saw, what was bought, what was paid.

Run `python bench/failures.py`. One gateway, a real process, in front of a pretend vendor; every
order goes wrong in its own way, most of them at the same time. `bought` is counted in the vendor's
log, `hold` is our ledger's, `told` is how many callbacks the customer heard, and `recovers` is the
time from the create's answer to the customer's last word: 3 s is the shortest wait between two
looks at a task. The deadlines are those of a test, 12 s for an order that nobody confirms and 45 s
for a task that does not end. `!` marks what is not as promised.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from failures import ENDLESS, OTHERS, PACE, POLLS, Run, Table, allowing, config  # noqa: E402
from fakes.serving import serving  # noqa: E402
from fakes.site import Site  # noqa: E402
from fakes.vendor import selling  # noqa: E402
from processes import Framegate  # noqa: E402

COLUMNS = (("failure", 32), ("create", 9), ("ended", 9), ("bought", 7), ("hold", 9), ("told", 5))


def line(table: Table, run: Run) -> str:
    """One row; `!` where it is not what was promised."""
    came = table.outcome(run)
    told = str(came.told) if run.failure.has_callback else "-"
    cells = (run.failure.name, came.answer, came.ended or "-", str(came.bought), came.hold, told)
    row = "".join(f"{cell:{width}}" for cell, (_, width) in zip(cells, COLUMNS, strict=True))
    took = f"{run.recovered_s:8.1f}" if run.task_id else f"{'at once':>8}"
    mark = " " if came == run.failure.outcome else "!"
    return f"{row}{took} {mark} {came.message}".rstrip()


def summary(table: Table) -> str:
    """The sums that must be zero, and the one that says how long it took."""
    outcomes = [table.outcome(run) for run in table.runs]
    twice = sum(came.bought > 1 for came in outcomes)
    unpaid = sum(came.hold == "open" for came in outcomes)
    wrong = sum(came.hold == "settled" and came.ended != "succeed" for came in outcomes)
    made = {each["external_id"] for each in table.vendor.log.bought() if each["fate"] == "succeeds"}
    lost = sum(
        came.hold == "released" and came.bought and run.failure.external_id in made
        for run, came in zip(table.runs, outcomes, strict=True)
    )
    return (
        f"{len(outcomes)} orders: bought twice {twice}, paid without a video {wrong}, holds left "
        f"open {unpaid}; made and not charged {lost}; audit {table.gate.audit() or 'clean'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--endless", action="store_true", help="needs 2 GB of disk for a moment")
    asked = parser.parse_args()
    head = subprocess.check_output(["git", "describe", "--always", "--dirty"], cwd=ROOT, text=True)
    print(f"seed {asked.seed}, commit {head.strip()}")
    print("".join(f"{name:{width}}" for name, width in COLUMNS) + "recovers   message")
    with tempfile.TemporaryDirectory() as name:
        folder, site = Path(name), Site()
        with (
            selling(folder, pace=PACE, seed=asked.seed) as vendor,
            serving(site.app()) as site_url,
            Framegate(folder / "gate", config=config(vendor), **allowing(vendor, site_url)) as gate,
        ):
            table = Table(gate, vendor, site, site_url)
            for failure in POLLS:  # One at a time: a bad answer is everybody's who is in it.
                table.run([failure])
            for run in table.run(OTHERS + [ENDLESS] * asked.endless):
                print(line(table, run))
            print(summary(table))


if __name__ == "__main__":
    main()
