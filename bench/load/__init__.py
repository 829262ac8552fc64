"""What the benchmarks of a running gateway share: the crowd that asks, the vendor that sells.

A folder, because `make bench` runs every file that lies directly in bench/. Both, like the
benchmarks themselves, borrow from tests/: what is measured is then what is tested.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "tests"))
