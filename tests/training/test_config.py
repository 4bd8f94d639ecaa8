"""A config says all of a run, and nothing that is not known."""

from pathlib import Path

import pytest

from bgremove.errors import ConfigError
from bgremove.network.tiramisu import PRESETS
from bgremove.training.config import Phase, read_config

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.toml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_of_the_project_can_be_read(path: Path) -> None:
    config = read_config(path)
    assert config.network in PRESETS
    assert sum(config.weights.values()) == pytest.approx(1)


def test_paths_count_from_the_config_file(config_file) -> None:
    assert read_config(config_file).data == config_file.parent / "data"


def test_each_step_belongs_to_a_phase(config_file) -> None:
    config = read_config(config_file)
    assert config.steps == 6
    assert [config.phase_at(step).size for step in range(8)] == [32] * 4 + [64] * 4
    assert config.phases[0] == Phase(size=32, steps=4, batch=2)
    assert config.phases[0].all_shapes == ((32, 32),)


def test_a_run_may_go_through_its_phases_several_times(config_file) -> None:
    config_file.write_text(f"turns = 3\n{config_file.read_text()}")
    config = read_config(config_file)
    assert config.steps == 18
    sizes = [config.phase_at(step).size for step in range(20)]
    assert sizes == 3 * ([32] * 4 + [64] * 2) + [64] * 2


def test_a_phase_may_have_shapes_in_place_of_squares(config_file) -> None:
    config_file.write_text(
        config_file.read_text().replace("size = 64", "size = 64\nshapes = [[32, 64], [64, 32]]")
    )
    assert read_config(config_file).phases[1].all_shapes == ((32, 64), (64, 32))


def test_a_crop_goes_from_its_smallest_to_its_largest_side(config_file) -> None:
    assert read_config(config_file).crop == (0.5, 1.15)
    config_file.write_text(f"crop = [0.75, 1.1]\n{config_file.read_text()}")
    assert read_config(config_file).crop == (0.75, 1.1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed = 7", "sed = 7", "unknown key 'sed'; known keys are .*seed"),
        (
            "batch = 2",
            "batsh = 2",
            "unknown key 'batsh'; known keys are batch, shapes, size, steps",
        ),
        ('network = "fc-densenet-tiny"', "", "missing 1 required keyword-only argument: 'network'"),
        ("size = 64", "size = 64\nshapes = [[64]]", r"shapes must be .* got \[\[64\]\]"),
        ("size = 64", "size = 64\nshapes = [[0, 64]]", r"shapes must be .* got \[\[0, 64\]\]"),
        ("size = 64", "size = 64\nshapes = 64", "shapes must be .* got 64"),
        ("seed = 7", "seed = 7\ncrop = [1.1, 0.8]", r"crop must be .* got \[1.1, 0.8\]"),
        ("seed = 7", "seed = 7\ncrop = [0.8]", r"crop must be .* got \[0.8\]"),
        ("seed = 7", 'seed = 7\ncrop = ["a", "b"]', r"crop must be .* got \['a', 'b'\]"),
        ("seed = 7", "seed = 7\ncrop = 1", "crop must be .* got 1"),
        ("seed = 7", "seed = 7\nturns = 0", "turns must be a whole number from 1 on, got 0"),
        ("seed = 7", "seed = 7\nturns = 1.5", "turns must be a whole number from 1 on, got 1.5"),
        ("decay_steps = 1", "decay_steps = 0", "decay_steps must be a whole number from 1 on"),
        ("seed = 7", "seed =", "cannot be read as a TOML config"),
        ("seed = 7", f"seed = {'[' * 5_000}", "cannot be read as a TOML config"),
    ],
)
def test_a_config_that_does_not_fit_is_told(config_file, old, new, message) -> None:
    config_file.write_text(config_file.read_text().replace(old, new))
    with pytest.raises(ConfigError, match=message):
        read_config(config_file)


def test_a_config_without_phases_is_told(tmp_path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('network = "fc-densenet56"')
    with pytest.raises(ConfigError, match=r"expected at least one \[\[phases\]\] table"):
        read_config(path)


def test_a_missing_config_is_told(tmp_path) -> None:
    with pytest.raises(ConfigError, match="cannot be read as a TOML config"):
        read_config(tmp_path / "none.toml")
