"""Kill a gateway again and again while it is used, then count what was lost.

`python tests/faults/run.py --kills 1000 --seed 7`: real processes in front of the pretend vendor
and the embedded renderer, customers that repeat what was not answered, and a webhook receiver. A
server or a worker dies by a SIGKILL at random, at a named crash point, or in the middle of a
graceful end; or it is frozen while a second worker takes over. The seed draws faults and deaths;
how processes interleave no seed can draw. Exits with 1 when a loss is not 0.
"""

import argparse
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from faults.house import House, Process
from faults.stage import RATES, Stage, staged
from faults.verdict import Figures
from framegate.crash import POINTS
from processes import PATIENCE_S

TESTS = Path(__file__).parents[1]
THINKS_S = 0.05
CLIENTS = 4
FIRST_POINTS = tuple(each for each in POINTS if each.startswith(("first_start", "migration")))
SHUTDOWN_POINTS = tuple(each for each in POINTS if each.startswith("shutdown"))
# A child's death is no death of ours, and the points above have their own occasions.
WORK_POINTS = tuple(
    each for each in POINTS if each not in {*FIRST_POINTS, *SHUTDOWN_POINTS, "render.child"}
)
TIMES_MAX = 6
LIFE_S_MAX = 2.0
POINT_WAIT_S_MAX = 2.5
FREEZE_S = (1.0, 4.0)


@dataclass
class Run:
    """One run on its stage; `__call__` is the whole of it."""

    stage: Stage
    kills_wished: int
    seed: int
    kills: int = 0
    points: Counter[str] = field(default_factory=Counter)

    def __call__(self) -> Figures:
        stage, draws = self.stage, Random(self.seed)
        self._begin(stage.house, draws)
        with stage.crowd(clients=CLIENTS, thinks_s=THINKS_S) as quiet:
            while self.kills < self.kills_wished:
                self._round(stage.house, draws)
            self.kills += stage.mend()
            quiet()
        stage.settle()
        return stage.figures(
            kills=self.kills, commit=commit(), crash_points=dict(sorted(self.points.items()))
        )

    # --- the deaths ---------------------------------------------------------------------------

    def _begin(self, house: House, draws: Random) -> None:
        """First starts that die, on the same empty folder, and at last one that does not."""
        for point in draws.sample(FIRST_POINTS, min(3, self.kills_wished)):
            process = house.start("serve", crash_at=point)
            if not house.answered(process):
                self.points[point] += 1
            self.kills += house.kill_all()
        assert house.answered(house.start("serve"))

    def _round(self, house: House, draws: Random) -> None:
        """See that somebody serves and works, and let one or all of them die."""
        self.kills += house.bury()
        if not house.running or draws.random() < 0.2:
            self.kills += house.kill_all()
            self._start(house, draws, splits=draws.random() < 0.3)
        else:
            self._replace(house, draws)
        kind = draws.random()
        if kind < 0.45:
            self._kill(house, draws)
        elif kind < 0.85:
            self._wait_for_points(house)
        elif kind < 0.93:
            self._terminate(house, draws)
        else:
            self._freeze(house, draws)

    def _start(self, house: House, draws: Random, *, splits: bool) -> None:
        if splits:
            self._armed(house, draws, "serve", "--no-work")
            self._armed(house, draws, "work")
        else:
            self._armed(house, draws, "serve")

    def _replace(self, house: House, draws: Random) -> None:
        """Start what is missing beside those that live."""
        words = {tuple(each.words) for each in house.running}
        if words == {("work",)}:
            self._armed(house, draws, "serve", "--no-work")
        elif words == {("serve", "--no-work")}:
            self._armed(house, draws, "work")

    def _armed(self, house: House, draws: Random, *words: str) -> Process:
        crash_at = ""
        if draws.random() < 0.5:
            points = SHUTDOWN_POINTS if draws.random() < 0.1 else WORK_POINTS
            crash_at = f"{draws.choice(points)}:{draws.randint(1, TIMES_MAX)}"
        return house.start(*words, crash_at=crash_at)

    def _kill(self, house: House, draws: Random) -> None:
        """At random: one in seven while they start."""
        if draws.random() > 1 / 7:
            for server in [each for each in house.running if each.is_server]:
                house.answered(server)
        for process in house.running:
            process.is_timed = True
        time.sleep(draws.uniform(0, LIFE_S_MAX))
        self._note_points(house)
        if draws.random() < 0.5 and house.running:
            draws.choice(house.running).end(signal.SIGKILL)
            self.kills += house.bury()
        else:
            self.kills += house.kill_all()

    def _wait_for_points(self, house: House) -> None:
        for server in [each for each in house.running if each.is_server]:
            house.answered(server)
        for process in [each for each in house.running if each.point]:
            process.died_within(POINT_WAIT_S_MAX)
        self._note_points(house)
        for process in [each for each in house.running if each.point and each.is_alive]:
            # Its point was not reached in time; it dies all the same.
            process.end(signal.SIGKILL)
        self.kills += house.bury()

    def _note_points(self, house: House) -> None:
        for process in house.running:
            if process.point and not process.is_alive:
                self.points[process.point] += 1

    def _terminate(self, house: House, draws: Random) -> None:
        """A graceful end, which may die of its own point, and a kill in the middle of others."""
        for server in [each for each in house.running if each.is_server]:
            house.answered(server)
        time.sleep(draws.uniform(0.2, 1))
        for process in house.running:
            if process.is_alive:
                process.popen.send_signal(signal.SIGTERM)
        is_cut_short = draws.random() < 0.5
        for process in house.running:
            process.died_within(draws.uniform(0, 0.5) if is_cut_short else PATIENCE_S)
        self._note_points(house)
        self.kills += house.kill_all()

    def _freeze(self, house: House, draws: Random) -> None:
        """A process that sleeps while another takes over, wakes, and must not do harm."""
        for server in [each for each in house.running if each.is_server]:
            house.answered(server)
        time.sleep(draws.uniform(0.2, 1))
        worker = next((each for each in house.running if "--no-work" not in each.words), None)
        if worker is None or not worker.is_alive:
            return
        worker.popen.send_signal(signal.SIGSTOP)
        # What a second machine would see, or an operator who removed a lock that looked stale.
        (house.data / "worker.lock").unlink(missing_ok=True)
        second = house.start("work")
        second.died_within(draws.uniform(*FREEZE_S))
        worker.popen.send_signal(signal.SIGCONT)
        second.died_within(draws.uniform(0.5, 1.5))
        self.points["(frozen)"] += 1
        self.kills += house.kill_all()


def commit() -> str:
    """What was tested, with a plus for changes that no commit has."""
    head, changes = _git("rev-parse", "--short=12", "HEAD"), _git("status", "--porcelain")
    return (head or "unknown") + ("+" if changes else "")


def _git(*words: str) -> str:
    command = ["git", "-c", "safe.directory=*", *words]
    said = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=False)
    return said.stdout.strip()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=50)
    arguments.add_argument("--seed", type=int, default=None, help="a fresh one is drawn and said")
    arguments.add_argument("--json", type=Path, default=None, help="append the figures to a file")
    arguments.add_argument("--keep", type=Path, default=None, help="run in this folder and keep it")
    chosen = arguments.parse_args()
    seed = secrets.randbelow(1 << 31) if chosen.seed is None else chosen.seed
    say(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="framegate-faults-") as temporary:
        folder = chosen.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        with staged(folder, seed=seed, rates=RATES) as stage:
            found = Run(stage, chosen.kills, seed)()
    say(found.table())
    say(found.json())
    if chosen.json:
        with chosen.json.open("a", encoding="utf-8") as file:
            file.write(found.json() + "\n")
    return 1 if found.losses else 0


if __name__ == "__main__":
    sys.exit(main())
