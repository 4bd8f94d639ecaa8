"""ONNX Runtime is taken if it is new enough to be safe."""

from pathlib import Path

import pytest

from bgremove.doctor import examine
from bgremove.errors import MissingExtraError
from bgremove.segmenter import load_segmenter
from bgremove.segmenter.onnxruntime_runner import DISTRIBUTIONS, import_onnxruntime


@pytest.fixture(params=DISTRIBUTIONS)
def old(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put an old version's metadata where it is found first; give its name."""
    distribution = str(request.param)
    folder = tmp_path / f"{distribution.replace('-', '_')}-1.16.3.dist-info"
    folder.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.16.3\n"
    (folder / "METADATA").write_text(metadata)
    monkeypatch.syspath_prepend(tmp_path)
    return distribution


def test_one_that_may_crash_is_not_imported(old: str) -> None:
    expected = rf'{old} 1\.19 or newer is needed, found 1\.16\.3: pip install --upgrade "bgremove'
    with pytest.raises(MissingExtraError, match=expected):
        import_onnxruntime()


@pytest.mark.usefixtures("old")
def test_opencv_takes_its_place_and_doctor_says_why(
    red_model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "bgremove"):
        load_segmenter(red_model)
    assert "red: OpenCV on cpu" in caplog.text
    (engine,) = [finding for finding in examine() if finding.topic == "engine"]
    assert engine.text.startswith("OpenCV")
    assert "or newer is needed, found 1.16.3" in engine.text
    assert not engine.broken


def test_the_one_that_is_installed_is_imported() -> None:
    assert import_onnxruntime().InferenceSession
