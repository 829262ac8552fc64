"""The systemd unit, as systemd itself reads it."""

import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "packaging" / "framegate.service"
EXPOSURE_MAX = 2.0
NO_SYSTEMD = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze: the unit is not verified"
)


@NO_SYSTEMD
def test_unit_is_one_that_systemd_takes(tmp_path):
    # Its command is not installed here, which is all that may be said against it.
    text = UNIT.read_text(encoding="utf-8").replace("/opt/framegate/bin/framegate", "/bin/true")
    unit = tmp_path / "framegate.service"
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "framegate" in line]
    assert ours == []


@NO_SYSTEMD
def test_unit_may_do_little_besides_its_work():
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(UNIT)],
        capture_output=True,
        text=True,
        check=False,
    )
    (verdict,) = [line for line in done.stdout.splitlines() if "Overall exposure" in line]
    assert float(verdict.split(":")[1].split()[0]) < EXPOSURE_MAX


def test_unit_starts_with_settings_and_without():
    """It starts where framegate.toml may lie: a file named by a variable would have to be there."""
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    assert "WorkingDirectory=/etc/framegate" in lines
    assert "ConfigurationDirectory=framegate" in lines
    assert not [line for line in lines if "FRAMEGATE_CONFIG" in line]
