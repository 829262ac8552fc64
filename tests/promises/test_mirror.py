"""The tests mirror the code path for path, so that nobody asks where a test is."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "framegate"

# What stands for a module's own test file, and why.
ELSEWHERE = {
    "__init__.py": ("promises/test_names.py", "public names, and what they load"),
    "client/steps.py": ("client/test_drivers.py", "a step is what a driver does of it"),
    "__main__.py": ("processes.py", "every process of the outer ring starts with it"),
    "store/schema.py": ("store/test_migrate.py", "the tables are compared with the migrations"),
    "store/migrations/env.py": ("store/test_migrate.py", "the road that a migration takes"),
    "store/migrations/versions/0001_first.py": ("store/test_migrate.py", "the step itself"),
    "store/migrations/versions/0003_sessions.py": ("store/test_migrate.py", "the step itself"),
    "store/migrations/versions/0004_lives_and_usage.py": (
        "store/test_migrate_lives.py",
        "the step itself, on a database of the version before it",
    ),
    "store/migrations/versions/0002_limits.py": ("store/test_migrate.py", "the step itself"),
    "store/migrations/versions/0005_paused.py": ("store/test_migrate.py", "the step itself"),
    "store/migrations/versions/0006_long_lists.py": ("store/test_migrate.py", "the step itself"),
    "flows/request.py": ("flows/test_submit.py", "a repeat is seen in what submit answers"),
    "web/connection.py": ("web/test_server.py", "its limits are seen on a served socket only"),
    "outbound/reading.py": ("outbound/test_download.py", "bodies are read through the door only"),
}
# Names and docstrings, which a package may have instead of code.
WORDS = (ast.Import, ast.ImportFrom, ast.Assign)


def has_code(module):
    """Whether there is more than a docstring, imports and names."""
    body = ast.parse(module.read_text(encoding="utf-8")).body
    is_package = module.name == "__init__.py"
    return not all(
        isinstance(node, ast.Expr) or (is_package and isinstance(node, WORDS)) for node in body
    )


def modules():
    return sorted(str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py") if has_code(path))


def mirrored(module):
    """`store/tasks.py` is tested by `store/test_tasks.py`, a package by its own name."""
    path = Path(module)
    noun = path.parent.name if path.stem == "__init__" else path.stem
    return path.parent / f"test_{noun}.py"


@pytest.mark.parametrize("module", modules())
def test_module_has_its_test_file(module):
    where = ELSEWHERE[module][0] if module in ELSEWHERE else mirrored(module)
    assert (ROOT / "tests" / where).is_file(), f"tests/{where} is missing"


@pytest.mark.parametrize("module", sorted(ELSEWHERE))
def test_exception_is_still_needed(module):
    assert (SOURCE / module).is_file()
    assert not (ROOT / "tests" / mirrored(module)).exists()


def test_package_of_words_alone_needs_no_test_file():
    assert "outbound/__init__.py" not in modules()
    assert "samples/__init__.py" in modules()
