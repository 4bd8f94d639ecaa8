"""Devices are read from text, chosen among what is there, and missed with a reason."""

import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgremove import devices
from bgremove.devices import (
    Device,
    choose_device,
    find_gpus,
    has_driver,
    import_tensorflow,
    parse_device,
    why_no_gpu,
)
from bgremove.errors import DeviceError, MissingExtraError, OptionError


@pytest.fixture
def two_gpus(gpus_seen: Callable[[int], None]) -> None:
    gpus_seen(2)


@pytest.fixture
def no_gpus(gpus_seen: Callable[[int], None]) -> None:
    gpus_seen(0)


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("auto", Device("auto")),
        ("cpu", Device("cpu")),
        ("gpu", Device("gpu", 0)),
        ("gpu:0", Device("gpu", 0)),
        ("gpu:12", Device("gpu", 12)),
    ],
)
def test_a_device_is_read_from_text(text: str, device: Device) -> None:
    assert parse_device(text) == device


@given(st.integers(0, 999))
def test_any_number_of_a_gpu_is_read(index: int) -> None:
    assert parse_device(f"gpu:{index}") == Device("gpu", index)


@given(st.text().filter(lambda text: text not in ("auto", "cpu") and not text.startswith("gpu")))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match=r"device must be auto, cpu, gpu or gpu:N, got"):
        parse_device(text)


@pytest.mark.parametrize("text", ["gpu:", "gpu:x", "gpu:1\n", "gpu:٣", "gpu:1000", "CPU", "cuda"])
def test_what_looks_like_a_device_is_refused_too(text: str) -> None:
    with pytest.raises(OptionError, match="device must be auto, cpu, gpu or gpu:N, got"):
        parse_device(text)


def test_a_number_is_no_device() -> None:
    with pytest.raises(OptionError, match="device must be a str as 'gpu:0', got 0"):
        parse_device(0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "chosen"), [("auto", "gpu:0"), ("cpu", "cpu"), ("gpu", "gpu:0"), ("gpu:1", "gpu:1")]
)
@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_that_is_there_is_taken(text: str, chosen: str) -> None:
    assert choose_device(parse_device(text)) == chosen


@pytest.mark.usefixtures("two_gpus")
def test_a_number_beyond_the_gpus_names_those_that_there_are() -> None:
    with pytest.raises(DeviceError, match="gpu:2 asked for, found gpu:0 to gpu:1"):
        choose_device(Device("gpu", 2))


@pytest.mark.usefixtures("no_gpus")
def test_without_a_gpu_auto_takes_the_cpu() -> None:
    assert choose_device(Device("auto")) == "cpu"


@pytest.mark.usefixtures("no_gpus")
def test_without_a_gpu_asking_for_one_is_an_error_with_a_reason() -> None:
    with pytest.raises(DeviceError, match=r"none found: .+; use --device cpu"):
        choose_device(Device("gpu"))


@pytest.mark.usefixtures("two_gpus")
def test_the_gpus_are_those_that_tensorflow_lists() -> None:
    assert find_gpus() == ["/physical_device:GPU:0", "/physical_device:GPU:1"]


def test_a_machine_without_the_driver_has_no_gpu() -> None:
    if has_driver():
        pytest.skip("this machine has NVIDIA's driver")
    assert find_gpus() == []
    assert why_no_gpu() == "this machine has no NVIDIA driver (libcuda)"


def hide(monkeypatch: pytest.MonkeyPatch, *hidden: str) -> None:
    """Let some modules seem not to be installed, and all others to be."""

    def find_spec(name: str) -> str | None:
        if name in hidden and "." in name:
            raise ModuleNotFoundError(name)
        return None if name in hidden else name

    monkeypatch.setattr(devices, "find_spec", find_spec)


def test_the_reason_names_tensorflow_first(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "tensorflow")
    assert why_no_gpu() == 'TensorFlow is not installed (pip install "bgremove[gpu]")'


def test_the_reason_names_the_cuda_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "has_driver", lambda: True)
    hide(monkeypatch, "nvidia.cudnn")
    assert why_no_gpu().startswith("TensorFlow's CUDA libraries are not installed")


def test_the_last_reason_is_the_driver_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "has_driver", lambda: True)
    hide(monkeypatch)
    assert "nvidia-smi" in why_no_gpu()


@pytest.mark.parametrize("extra", ["tensorflow", "gpu"])
def test_a_missing_tensorflow_names_the_extra(monkeypatch: pytest.MonkeyPatch, extra: str) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    expected = rf'tensorflow is needed and not installed: pip install "bgremove\[{extra}\]"'
    with pytest.raises(MissingExtraError, match=expected):
        import_tensorflow(extra)


def test_a_gpu_without_tensorflow_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(MissingExtraError, match=r'pip install "bgremove\[gpu\]"'):
        choose_device(Device("gpu"))
