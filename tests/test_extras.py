"""A library that is missing and one that is broken are told apart."""

import sys
from pathlib import Path

import pytest

from bgremove.errors import MissingExtraError
from bgremove.extras import import_extra


def test_a_library_that_is_there_is_given() -> None:
    assert import_extra("json.decoder", "tensorflow") is sys.modules["json.decoder"]


def test_a_missing_library_names_the_extra() -> None:
    expected = r'no_such_library is needed and not installed: pip install "bgremove\[ray\]"'
    with pytest.raises(MissingExtraError, match=expected) as told:
        import_extra("no_such_library", "ray")
    assert isinstance(told.value, ImportError)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise ImportError('libcudart.so.12: cannot open\\nmore')", r"libcudart\.so\.12: cannot"),
        ("import another_missing_library", "No module named 'another_missing_library'"),
        ("raise OSError", "OSError"),
        ("raise RuntimeError('built for NumPy 1')", "built for NumPy 1"),
        ("None.attribute", "no attribute"),
    ],
)
def test_a_broken_library_is_told_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, reason: str
) -> None:
    (tmp_path / "broken_library.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    expected = f"broken_library is installed but cannot be imported: .*{reason}.*; install it again"
    with pytest.raises(MissingExtraError, match=expected) as told:
        import_extra("broken_library", "ray")
    assert "\n" not in str(told.value)
    assert told.value.__cause__ is not None


def test_the_folder_that_an_uninstalled_library_leaves_is_no_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "left_library").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    expected = "left_library is installed but cannot be imported: only its folder is left"
    with pytest.raises(MissingExtraError, match=expected):
        import_extra("left_library", "onnxruntime")
