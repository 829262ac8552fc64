"""Make the virtual environment of this checkout: `python3 tools/environment.py run|check|docs`.

The Makefile calls it before everything else. It needs Python alone: the packages come from the
lock files, each checked by its hash, through a pinned uv or, where uv cannot be had, through pip.
A second call with unchanged locks does nothing. Nothing here imports framegate.

The syntax stays at Python 3.7, so that an old Python reaches the sentence that says it is old.
"""

from __future__ import annotations

import configparser
import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PYTHON_MIN = (3, 11)
PYTHONS_NEWEST_FIRST = ("python3.14", "python3.13", "python3.12", "python3.11")

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKS = {
    "run": "requirements/run.lock",
    "check": "requirements/check.lock",
    "docs": "requirements/docs.lock",
}
BOOTSTRAP_LOCK = "requirements/bootstrap.lock"

# check.lock holds all of the others, so an environment for checks also runs the gateway.
SATISFIED_BY = {"run": ("run", "check"), "check": ("check",), "docs": ("docs", "check")}


class NotMade(Exception):
    """The environment cannot be made; the sentence says what the reader can do about it."""


def main(arguments: list[str]) -> int:
    """Make or refresh the environment; answers the exit status."""
    if len(arguments) != 1 or arguments[0] not in LOCKS:
        return _failed("usage: python3 tools/environment.py run|check|docs")
    try:
        _continue_with_a_new_enough_python()
        with _one_at_a_time():
            make(arguments[0])
            if arguments[0] == "check":
                _fetch_assets()
    except NotMade as exc:
        return _failed(str(exc))
    return 0


def make(kind: str) -> None:
    """Bring `.venv` to what the locks of this kind say.

    raises   NotMade when Python's own parts or the packages cannot be had
    """
    if is_made(kind):
        return
    _say(f"making .venv for `{kind}` with Python {sys.version.split()[0]}")
    _create_venv()
    uv = _uv()
    if not ((uv and _has_installed(uv, kind)) or _has_installed(_pip(), kind)):
        raise NotMade(
            "the packages could not be installed: see above. The settings of pip (pip.conf and "
            "PIP_*) are honoured, should this machine need a mirror or a certificate."
        )
    _stamp(kind).write_text(fingerprint(kind))


def is_made(kind: str) -> bool:
    """Whether `.venv` already is what this kind needs."""
    return _venv_python().exists() and any(
        _stamp(other).is_file() and _stamp(other).read_text() == fingerprint(other)
        for other in SATISFIED_BY[kind]
    )


def fingerprint(kind: str) -> str:
    """What the environment depends on: the lock, the project's own metadata and the Python."""
    digest = hashlib.sha256(sys.version.encode())
    for name in (LOCKS[kind], "pyproject.toml", str(ROOT)):
        file = ROOT / name
        digest.update(file.read_bytes() if file.is_file() else name.encode())
    return digest.hexdigest()


# --- Python itself ----------------------------------------------------------------------------


def _continue_with_a_new_enough_python() -> None:
    if sys.version_info >= PYTHON_MIN:
        return
    for name in PYTHONS_NEWEST_FIRST:
        python = shutil.which(name)
        if python:
            os.execv(python, [python, *sys.argv])  # noqa: S606  Our own file again, no shell.
    raise NotMade(
        f"framegate needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. "
        "Install one, or name it: make PYTHON=/path/to/python3.12"
    )


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let two `make` in one checkout wait for each other instead of writing the same files."""
    import fcntl  # noqa: PLC0415  Unix alone has it; elsewhere the rest must still be importable.

    with Path(__file__).open() as lock:  # Any file of the checkout will do, and this one is there.
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _create_venv() -> None:
    """A venv without pip: unpacking pip takes longer than everything else here."""
    if _venv_python().exists() and _is_of_this_python():
        return
    command = [sys.executable, "-m", "venv", "--without-pip", "--clear", str(VENV)]
    if subprocess.run(command, check=False).returncode != 0:
        raise NotMade(
            "this Python cannot make virtual environments. On Debian and Ubuntu: "
            "apt install python3-venv"
        )


def _is_of_this_python() -> bool:
    command = [str(_venv_python()), "-c", "import sys; print(sys.version)"]
    answer = subprocess.run(command, check=False, capture_output=True, text=True)
    return answer.stdout.strip() == sys.version.strip()


# --- installers -------------------------------------------------------------------------------


def _uv() -> list[str] | None:
    """The command that installs with the pinned uv, or None where it cannot be had."""
    uv = VENV / "bin" / "uv"
    lock = ROOT / BOOTSTRAP_LOCK
    command = [*_pip(), "--require-hashes", "-r", str(lock)]
    if not uv.exists() and subprocess.run(command, check=False).returncode != 0:
        _say("uv cannot be had here; pip does the same, more slowly")
        return None
    return [str(uv), "pip", "install", "--quiet", "--python", str(_venv_python())]


def _pip() -> list[str]:
    """The command that installs with pip: the base Python's own, pointed at the venv."""
    if importlib.util.find_spec("pip"):
        pip = [sys.executable, "-m", "pip", "--python", str(_venv_python())]
    else:
        pip = [str(_venv_python()), "-m", "pip"]
        if not list(VENV.glob("lib/python*/site-packages/pip")):
            _unpack_pip()
    # Python compiles what it imports at first use; compiling everything now takes longer.
    return [*pip, "install", "--disable-pip-version-check", "--quiet", "--no-compile"]


def _unpack_pip() -> None:
    command = [str(_venv_python()), "-m", "ensurepip"]
    if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode != 0:
        raise NotMade(
            "this Python has neither pip nor ensurepip. On Debian and Ubuntu: "
            "apt install python3-venv"
        )


def _has_installed(installer: list[str], kind: str) -> bool:
    environment = {**uv_settings(dict(os.environ), pip_files(dict(os.environ))), **os.environ}
    return all(
        subprocess.run([*installer, *step], check=False, cwd=ROOT, env=environment).returncode == 0
        for step in _steps(kind)
    )


def _steps(kind: str) -> list[list[str]]:
    packages = ["--require-hashes", "-r", LOCKS[kind]]
    if kind == "docs":  # The site is made of the pages alone.
        return [packages]
    return [
        packages,
        # The build backend is in the lock too: nothing is fetched that has no hash.
        ["--no-deps", "--no-build-isolation", "-e", "."],
    ]


# --- one set of index settings for both -------------------------------------------------------


def pip_files(environment: dict[str, str]) -> list[Path]:
    """Where pip keeps its settings, the weightiest last."""
    home = Path(environment.get("HOME", "/"))
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    files = [Path("/etc/pip.conf"), home / ".pip" / "pip.conf", config / "pip" / "pip.conf"]
    if environment.get("PIP_CONFIG_FILE"):
        files.append(Path(environment["PIP_CONFIG_FILE"]))
    return files


def uv_settings(environment: dict[str, str], files: list[Path]) -> dict[str, str]:
    """Pip's mirror and certificate in uv's words; uv does not read pip's settings by itself.

    A machine behind a mirror would otherwise wait for uv's time-outs before pip gets its turn.
    """
    parser = configparser.RawConfigParser()
    parser.read(files)
    pip = {
        name: value
        for section in ("global", "install")
        if parser.has_section(section)
        for name, value in parser.items(section)
    }

    def setting(name: str) -> list[str]:
        variable = "PIP_" + name.upper().replace("-", "_")
        return environment.get(variable, pip.get(name, "")).split()

    settings = {
        "UV_DEFAULT_INDEX": " ".join(setting("index-url")),
        "UV_INDEX": " ".join(setting("extra-index-url")),
        "UV_FIND_LINKS": ",".join(setting("find-links")),
        "SSL_CERT_FILE": " ".join(setting("cert")),
        # As pip does: any index may have the file. Its hash says whether it is the right one.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    return {name: value for name, value in settings.items() if value}


# --- the console's fonts and scripts ----------------------------------------------------------


def _fetch_assets() -> None:
    """Browser tests want them; whoever cannot fetch them still gets everything else."""
    subprocess.run([sys.executable, str(ROOT / "tools" / "assets.py")], check=False)


# --- small things -----------------------------------------------------------------------------


def _venv_python() -> Path:
    return VENV / "bin" / "python"


def _stamp(kind: str) -> Path:
    return VENV / f"{kind}.stamp"


def _say(sentence: str) -> None:
    print(f"framegate: {sentence}", file=sys.stderr)


def _failed(sentence: str) -> int:
    _say(sentence)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
