"""`framegate demo`: the whole way once, and what it says when it cannot begin."""

import pytest

from fakes.videos import facts
from framegate import samples


def test_demo_makes_a_video_and_leaves_nothing_running(shell, tmp_path):
    """The longest test of the command line: it renders five seconds."""
    to = tmp_path / "film.mp4"
    done = shell.bare("demo", "--output", str(to), "--prompt", "static shot")
    assert done.exit_code == 0, done.output
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        "gateway", "picture", "prompt", "task", "video",
    ]  # fmt: skip
    assert (facts(to.read_bytes()).frames, facts(to.read_bytes()).rate) == (120, 24)


def test_unknown_sample_is_told_the_names_and_starts_nothing(shell):
    done = shell.bare("demo", "--sample", "nothing")
    assert done.exit_code == 2
    assert f"--sample takes {', '.join(samples.names())}; got 'nothing'" in done.output


@pytest.mark.parametrize("where", ["no/film.mp4", "."])
def test_video_that_cannot_lie_there_is_told_before_anything_is_made(shell, tmp_path, where):
    done = shell.bare("demo", "--output", str(tmp_path / where))
    assert done.exit_code == 2
    assert "--output" in done.output


def test_gateway_that_does_not_start_is_a_sentence(shell, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "framegate.toml").write_text("[server]\nprot = 1\n")
    done = shell.bare("demo")
    assert done.exit_code == 1
    assert "the gateway did not start; run `framegate serve` to see why" in done.output
