"""`framegate generate` before and without a server: what it says when something is missing."""


def test_no_server_is_told_how_to_start_one(shell, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"x")
    done = shell.bare(
        "generate", str(tmp_path / "a.jpg"), "--url", "http://127.0.0.1:9", "--key", "fg_x"
    )
    assert done.exit_code == 4
    assert "no framegate answers at http://127.0.0.1:9" in done.output
    assert "framegate serve" in done.output


def test_a_missing_picture_is_named(shell):
    done = shell.bare("generate", "nowhere.jpg", "--key", "fg_x")
    assert done.exit_code == 2
    assert "nowhere.jpg cannot be read: No such file or directory" in done.output


def test_no_key_is_told_where_one_may_come_from(shell, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FRAMEGATE_KEY", raising=False)
    done = shell.bare("generate", "a.jpg")
    assert done.exit_code == 2
    assert "give --key or FRAMEGATE_KEY" in done.output


def test_a_missing_folder_for_the_video_is_told_before_anything_is_bought(shell, tmp_path):
    done = shell.bare(
        "generate", "https://cdn.example.com/a.jpg", "-o", str(tmp_path / "no" / "x.mp4"),
        "--key", "fg_x", "--url", "http://127.0.0.1:9",
    )  # fmt: skip
    assert done.exit_code == 2
    assert "does not exist" in done.output


def test_a_folder_instead_of_a_file_is_told_before_anything_is_bought(shell, tmp_path):
    done = shell.bare(
        "generate", "https://cdn.example.com/a.jpg", "-o", str(tmp_path),
        "--key", "fg_x", "--url", "http://127.0.0.1:9",
    )  # fmt: skip
    assert done.exit_code == 2
    assert f"--output: {tmp_path} is a folder" in done.output


def test_an_address_that_is_none_is_a_sentence(shell):
    done = shell.bare("generate", "a.jpg", "--key", "fg_x", "--url", "http://host:port")
    assert done.exit_code == 2
    assert "--url takes an address like http://127.0.0.1:8787" in done.output
