"""A run learns, can be cut at any step, and stops when it can't go on."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from bgremove.errors import DataError, TrainingError
from bgremove.locks import try_lock
from bgremove.network.tiramisu import PRESETS, build
from bgremove.training import curves
from bgremove.training.checkpoint import load_average
from bgremove.training.config import Phase, read_config
from bgremove.training.loop import LOCK, averaging, learning_rate, train
from bgremove.training.onnx_graph import onnx_bytes
from bgremove.training.validation import TILE


def arrays(path) -> dict[str, np.ndarray]:
    with np.load(path) as saved:
        return dict(saved)


def test_a_run_that_was_cut_goes_on_as_if_it_had_not_been(finished_run, tmp_path) -> None:
    config_file, run = finished_run
    config = read_config(config_file)
    cut = tmp_path / "cut"
    half = replace(config, phases=(replace(config.phases[0], steps=3),), validate_minutes=0)
    train(half, cut)
    assert len(curves.read(cut / "val.csv")) == 3
    resumed = arrays(train(config, cut))

    whole = arrays(run / "checkpoint.npz")
    assert whole.keys() == resumed.keys()
    assert int(resumed["step"]) == 6
    for name, array in whole.items():
        np.testing.assert_allclose(resumed[name], array, rtol=1e-4, atol=1e-6, err_msg=name)


def test_a_run_writes_its_curve_and_what_it_sees(finished_run) -> None:
    _, run = finished_run
    losses, validations = curves.read(run / "loss.csv"), curves.read(run / "val.csv")
    assert [row["step"] for row in losses] == [0, 1, 2, 3, 4, 5]
    assert all(row["loss"] > 0 for row in losses)
    assert validations[-1].keys() == {"step", "size", "person_iou", "subject_iou"}
    with Image.open(run / "curve.png") as plot:
        assert plot.width > 100
    with Image.open(run / "predictions.jpg") as sheet:
        photo, truth, *_ = (
            np.asarray(sheet)[:TILE, column * TILE : (column + 1) * TILE] for column in range(4)
        )
    assert photo.mean() < 150, "the photo as it is"
    assert truth[5, 5, 0] > 200, "magenta around the mask"
    assert truth[5, 5, 1] < 50


@pytest.mark.parametrize(("suffix", "float16"), [(".npz", 0), (".onnx", 2**-11)])
def test_a_run_or_a_model_can_start_another(suffix, float16, finished_run, tmp_path) -> None:
    config_file, run = finished_run
    checkpoint = run / "checkpoint.npz"
    start = checkpoint
    if suffix == ".onnx":
        start = tmp_path / "model.onnx"
        network = build(PRESETS["fc-densenet-tiny"], size=32)
        load_average(network, checkpoint)
        start.write_bytes(onnx_bytes(network))
    phases = (Phase(size=32, steps=1, batch=2),)
    config = replace(read_config(config_file), start=start, phases=phases, learning_rate=0)
    before, after = arrays(checkpoint), arrays(train(config, tmp_path / "run"))
    kernels = [n for n, a in after.items() if n.startswith("average/") and a.ndim == 4]
    assert len(kernels) == 23
    for name in kernels:
        np.testing.assert_allclose(after[name], before[name], rtol=float16, atol=1e-6)


def test_the_learning_rate_warms_up_and_ends_near_zero(config_file) -> None:
    config = replace(read_config(config_file), decay_steps=None)
    rates = [learning_rate(config, step) for step in range(config.steps)]
    assert rates[0] == config.learning_rate / 2
    assert rates[1] > rates[0]
    assert rates[1:] == sorted(rates[1:], reverse=True)
    assert rates[-1] < 0.1 * config.learning_rate


def test_without_a_warm_up_the_learning_rate_begins_at_its_peak(config_file) -> None:
    config = replace(read_config(config_file), warmup_steps=0)
    assert learning_rate(config, 0) == config.learning_rate


def test_the_learning_rate_stays_at_its_peak_until_it_decays(config_file) -> None:
    config = replace(read_config(config_file), decay_steps=2)
    peak = config.learning_rate
    rates = [learning_rate(config, step) for step in range(config.steps)]
    assert rates[1:] == pytest.approx([peak, peak, peak, peak, peak / 2])


def test_a_run_at_its_peak_can_be_made_longer(config_file) -> None:
    config = replace(read_config(config_file), decay_steps=2)
    longer = replace(config, phases=(*config.phases, config.phases[-1]))
    peak_ends = config.steps - config.decay_steps
    assert [learning_rate(longer, step) for step in range(peak_ends)] == [
        learning_rate(config, step) for step in range(peak_ends)
    ]


def test_the_average_is_short_at_first(config_file) -> None:
    config = read_config(config_file)
    assert averaging(config, 0) == pytest.approx(0.1)
    assert averaging(config, 10**6) == config.ema


def test_a_loss_that_is_no_number_stops_the_run(config_file, tmp_path) -> None:
    config = replace(read_config(config_file), learning_rate=float("nan"))
    run = tmp_path / "run"
    with pytest.raises(TrainingError, match=r"the loss is nan at step 1; .* no state was saved$"):
        train(config, run)
    often = replace(config, checkpoint_minutes=0)
    expected = r"the loss is nan at step 1; lower learning_rate; last saved state: .*npz$"
    with pytest.raises(TrainingError, match=expected):
        train(often, run)
    assert (run / "checkpoint.npz").exists()


def test_a_file_that_is_no_checkpoint_is_told_where_a_run_would_go_on_from_it(
    config_file, tmp_path
) -> None:
    config = read_config(config_file)
    (tmp_path / "run").mkdir()
    for path, run in (
        (tmp_path / "start.npz", replace(config, start=tmp_path / "start.npz")),
        (tmp_path / "run" / "checkpoint.npz", config),
    ):
        path.write_text("no checkpoint")
        with pytest.raises(DataError, match=rf"{path.name}: expected a run's checkpoint"):
            train(run, tmp_path / "run")


def test_a_second_run_in_a_folder_is_kept_out(config_file, tmp_path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    with (run / LOCK).open("wb") as file:
        assert try_lock(file)
        with pytest.raises(TrainingError, match="run: another run is at work there; wait for it"):
            train(read_config(config_file), run)
    assert [path.name for path in run.iterdir()] == [LOCK]


def test_without_matplotlib_a_run_goes_on_without_its_plot(
    config_file, tmp_path, monkeypatch, caplog
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    checkpoint = train(read_config(config_file), tmp_path / "run")
    assert checkpoint.exists()
    assert not (tmp_path / "run" / "curve.png").exists()
    assert "curve.png is left out: matplotlib is needed and not installed: pip" in caplog.text
