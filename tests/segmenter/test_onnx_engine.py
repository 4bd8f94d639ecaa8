"""The light engine tells which ONNX files it takes, whoever runs them."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from bgremove.cards import InputSpec, ModelCard
from bgremove.errors import DeviceError, MissingExtraError, ModelMismatchError
from bgremove.segmenter import onnxruntime_runner, opencv_runner
from bgremove.segmenter.onnx_engine import OnnxSegmenter, Reader

TASKS = Path("/proc/self/task")

CARD = ModelCard(
    name="small", description="for tests", input=InputSpec(height=4, width=4), outputs=("person",)
)


def write_onnx(
    path: Path, *, shape: tuple[int, ...] = (1, 4, 4, 1), kind: int = TensorProto.FLOAT
) -> Path:
    """A network that gives the mean of its input's channels, in `shape`."""
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float"], ["mean"], axes=[3], keepdims=1),
        helper.make_node("Reshape", ["mean", "shape"], ["out"]),
    ]
    graph = helper.make_graph(
        nodes,
        "mean",
        [helper.make_tensor_value_info("image", kind, (1, 4, 4, 3))],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, shape)],
        [helper.make_tensor("shape", TensorProto.INT64, [len(shape)], shape)],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
    onnx.save(model, path)
    return path


readers = pytest.mark.parametrize(
    "read", [opencv_runner.read, onnxruntime_runner.read], ids=["opencv", "onnxruntime"]
)


@readers
@pytest.mark.parametrize("shape", [(1, 4, 4, 1), (1, 16, 1)])
def test_outputs_come_in_maps_or_in_one_row_of_pixels(
    tmp_path: Path, shape: tuple[int, ...], read: Reader
) -> None:
    segmenter = OnnxSegmenter(CARD, write_onnx(tmp_path / "mean.onnx", shape=shape), read)
    image = np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8)
    expected = image.mean(axis=2, keepdims=True) / 255
    np.testing.assert_allclose(segmenter.predict(image), expected, atol=1e-6)


@readers
def test_a_network_that_has_rested_is_found_from_another_folder(
    tmp_path: Path, read: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_onnx(tmp_path / "mean.onnx")
    monkeypatch.chdir(tmp_path)
    segmenter = OnnxSegmenter(CARD, Path("mean.onnx"), read)
    before = segmenter.predict(np.full((4, 4, 3), 9, np.uint8))
    segmenter.rest()
    monkeypatch.chdir(tmp_path.parent)
    np.testing.assert_array_equal(segmenter.predict(np.full((4, 4, 3), 9, np.uint8)), before)


@readers
def test_a_network_that_is_gone_when_it_has_rested_is_told(tmp_path: Path, read: Reader) -> None:
    path = write_onnx(tmp_path / "mean.onnx")
    segmenter = OnnxSegmenter(CARD, path, read)
    segmenter.rest()
    path.unlink()
    with pytest.raises(
        ModelMismatchError, match=r"mean\.onnx: expected an ONNX network: .*No such file"
    ):
        segmenter.predict(np.zeros((4, 4, 3), np.uint8))


@readers
@pytest.mark.parametrize("content", [b"", b"a text file", b"\x08\x07\x12" + bytes(500)])
def test_a_broken_file_is_told_in_one_line(tmp_path: Path, content: bytes, read: Reader) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelMismatchError, match=r"broken\.onnx: expected an ONNX network") as told:
        OnnxSegmenter(CARD, path, read)
    assert "\n" not in str(told.value)


@readers
def test_a_truncated_file_is_told(tmp_path: Path, read: Reader) -> None:
    path = write_onnx(tmp_path / "mean.onnx")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ModelMismatchError, match=r"mean\.onnx: expected an ONNX network"):
        OnnxSegmenter(CARD, path, read)


@readers
def test_a_network_that_wants_bytes_is_told(tmp_path: Path, read: Reader) -> None:
    path = write_onnx(tmp_path / "mean.onnx", kind=TensorProto.UINT8)
    segmenter = OnnxSegmenter(CARD, path, read)
    told = r"mean\.onnx: expected a network for an input of shape \(1, 4, 4, 3\) and float32, but"
    with pytest.raises(ModelMismatchError, match=told) as error:
        segmenter.predict(np.zeros((4, 4, 3), np.uint8))
    assert "\n" not in str(error.value)


@readers
def test_a_network_of_another_shape_than_its_card_is_told(tmp_path: Path, read: Reader) -> None:
    segmenter = OnnxSegmenter(CARD, write_onnx(tmp_path / "mean.onnx", shape=(1, 2, 8)), read)
    with pytest.raises(ModelMismatchError, match=r"expected an output .* found \(1, 2, 8\)"):
        segmenter.predict(np.zeros((4, 4, 3), np.uint8))


def write_greedy_onnx(path: Path) -> None:
    """A network that needs 300 MB for a picture of 4 × 4, and gives its mean."""
    nodes = [
        helper.make_node("Tile", ["image", "times"], ["large"]),
        helper.make_node("Sqrt", ["large"], ["roots"]),
        helper.make_node("ReduceMean", ["roots"], ["out"], axes=[3], keepdims=1),
    ]
    graph = helper.make_graph(
        nodes,
        "greedy",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, (1, 4, 4, 3))],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, (1, 4, 4, 1))],
        [helper.make_tensor("times", TensorProto.INT64, [4], (1, 1, 1, 800_000))],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
    onnx.save(model, path)


WITH_LITTLE_MEMORY = """
import sys
from importlib import import_module
from pathlib import Path
from resource import RLIMIT_AS, RLIM_INFINITY, getpagesize, setrlimit

import numpy as np

run = import_module(sys.argv[1]).read(Path(sys.argv[2]))
picture = np.ones((1, 4, 4, 3), np.float32)
used = int(Path("/proc/self/statm").read_text().split()[0]) * getpagesize()
setrlimit(RLIMIT_AS, (used + 50_000_000, RLIM_INFINITY))
try:
    run(picture)
except MemoryError as error:
    print(error)
setrlimit(RLIMIT_AS, (RLIM_INFINITY, RLIM_INFINITY))
print(run(picture).mean())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does it")
@readers
def test_too_little_memory_is_no_fault_of_the_network_s(tmp_path: Path, read: Reader) -> None:
    write_greedy_onnx(tmp_path / "greedy.onnx")
    arguments = [read.__module__, str(tmp_path / "greedy.onnx")]
    told = subprocess.check_output(
        [sys.executable, "-c", WITH_LITTLE_MEMORY, *arguments], text=True
    )
    failure, after = told.splitlines()
    assert "greedy.onnx: not enough memory for an input of shape (1, 4, 4, 3): " in failure
    assert float(after) == pytest.approx(1)


def test_an_operator_that_opencv_lacks_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    nodes = [helper.make_node("NoSuchOperator", ["image"], ["out"])]
    kind = TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "odd",
        [helper.make_tensor_value_info("image", kind, (1, 4, 4, 3))],
        [helper.make_tensor_value_info("out", kind, (1, 4, 4, 1))],
    )
    path = tmp_path / "odd.onnx"
    onnx.save(helper.make_model(graph), path)
    with pytest.raises(ModelMismatchError, match=r"odd\.onnx: has operators that OpenCV 5.* lacks"):
        OnnxSegmenter(CARD, path, opencv_runner.read)
    assert "NoSuchOperator" in capfd.readouterr().err
    with pytest.raises(
        ModelMismatchError, match=r"odd\.onnx: expected an ONNX network: .*NoSuchOp"
    ):
        OnnxSegmenter(CARD, path, onnxruntime_runner.read)
    assert capfd.readouterr().err == ""


def test_an_older_opencv_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2.dnn, "ENGINE_NEW")
    with pytest.raises(DeviceError, match=r"expected OpenCV 5, found .*force-reinstall opencv"):
        OnnxSegmenter(CARD, write_onnx(tmp_path / "mean.onnx"), opencv_runner.read)


def test_onnx_runtime_that_is_not_installed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r'pip install "bgremove\[onnxruntime\]"'):
        OnnxSegmenter(CARD, write_onnx(tmp_path / "mean.onnx"), onnxruntime_runner.read)


@pytest.mark.skipif(not TASKS.exists(), reason="threads are counted as Linux lists them")
@pytest.mark.usefixtures("threads_as_before")
@pytest.mark.parametrize("threads", [1, 3])
def test_onnx_runtime_takes_as_many_threads_as_opencv_may(threads: int, tmp_path: Path) -> None:
    path = write_onnx(tmp_path / "mean.onnx")
    cv2.setNumThreads(threads)
    before = len(list(TASKS.iterdir()))
    run = onnxruntime_runner.read(path)
    assert len(list(TASKS.iterdir())) - before == threads - 1
    assert run(np.zeros((1, 4, 4, 3), np.float32)).shape == (1, 4, 4, 1)
