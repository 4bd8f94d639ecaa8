"""What the command writes."""

from collections import Counter

import pytest

from bgremove.errors import DataError, OptionError
from bgremove.terminal import Progress, errors_told, printable, progress_line, say, with_bar


@pytest.mark.parametrize(
    ("counts", "total", "seconds", "line"),
    [
        ({}, 9, 1.0, "0/9, 0 failed"),
        ({"done": 10}, 40, 5.0, "10/40, 2.0 photos/s, 0:00:15 left, 0 failed"),
        ({"done": 9, "failed": 1}, 40, 5.0, "10/40, 2.0 photos/s, 0:00:15 left, 1 failed"),
        ({"done": 1}, 7201, 1.0, "1/7201, 1.0 photos/s, 2:00:00 left, 0 failed"),
        ({"skipped": 30, "done": 5}, 40, 5.0, "35/40, 1.0 photos/s, 0:00:05 left, 0 failed"),
        ({"skipped": 30}, 40, 5.0, "30/40, 0 failed"),
    ],
)
def test_progress_tells_count_speed_time_left_and_failures(
    counts: dict[str, int], total: int, seconds: float, line: str
) -> None:
    assert progress_line(Counter(counts), total, seconds) == line


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (99, "[###############---------------] 1/2"),
        (37, "[###############---------------] 1/2"),
        (36, "[##############---------------] 1/2"),
        (12, "[##---] 1/2"),
        (11, "1/2"),
        (4, "1/2"),
        (3, "1/"),
    ],
)
def test_a_bar_never_wraps(columns: int, line: str) -> None:
    assert with_bar("1/2", 0.5, columns) == line


def test_elsewhere_than_at_a_terminal_a_line_comes_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 1.0, 10.0, 10.5, 20.0])
    monkeypatch.setattr("bgremove.terminal.time.monotonic", lambda: next(clock))
    progress = Progress(40, shown=True)
    for done in (1, 10, 11, 20):
        progress.tell(Counter(done=done))
    progress.end()
    assert progress.before_line == ""
    assert capsys.readouterr().err.splitlines() == [
        "bgremove: 10/40, 1.0 photos/s, 0:00:30 left, 0 failed",
        "bgremove: 20/40, 1.0 photos/s, 0:00:20 left, 0 failed",
    ]


def test_a_name_is_one_line() -> None:
    assert printable("a\nb\x1b[31m\udcff é") == "a\\nb\\x1b[31m\\udcff é"


def test_lines_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    say("hello")
    assert capsys.readouterr() == ("", "bgremove: hello\n")


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (DataError("no\nphotos"), 1, "bgremove.x: no\\nphotos\n"),
        (OptionError("threshold"), 2, "bgremove.x: threshold\n"),
        (NotADirectoryError(20, "Not a directory", "a/b"), 1, "bgremove.x: a/b: Not a directory\n"),
        (OSError("odd"), 1, "bgremove.x: odd\n"),
    ],
)
def test_a_program_ends_with_a_line_and_the_error_s_code(
    capsys: pytest.CaptureFixture[str], error: Exception, code: int, line: str
) -> None:
    with pytest.raises(SystemExit, match=str(code)), errors_told("bgremove.x"):
        raise error
    assert capsys.readouterr() == ("", line)
