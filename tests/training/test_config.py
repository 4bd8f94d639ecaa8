"""A config says all of a run, and nothing that is not known."""

from pathlib import Path

import pytest

from bgremove.errors import ConfigError
from bgremove.network.tiramisu import PRESETS
from bgremove.training.config import Phase, network_of, read_config

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.toml"))

PHASE = "{ size = 64, steps = 1, batch = 1 }"


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_of_the_project_can_be_read(path: Path) -> None:
    config = read_config(path)
    assert network_of(config) is PRESETS[config.network]
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
        (
            'network = "fc-densenet-tiny"',
            "",
            "expected the keys network, data, phases, learning_rate, found no network",
        ),
        ("batch = 2", "", "phase 1: expected the keys size, steps, batch, found no batch"),
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
        ("seed = 7", "seed = " + "[" * 99_999, "cannot be read as a TOML config"),
    ],
)
def test_a_config_that_does_not_fit_is_told(config_file, old, new, message) -> None:
    config_file.write_text(config_file.read_text().replace(old, new))
    with pytest.raises(ConfigError, match=message):
        read_config(config_file)


BAD_VALUES = [
    ("a text", ["network", "teacher"], ["3", '["a"]']),
    ("a path", ["data", "start"], ["3", '"a\\u0000"']),
    (r"\[\[phases\]\] tables, one or more", ["phases"], ["3", "[]", PHASE]),
    (
        "a finite number above 0",
        ["learning_rate", "clip_norm"],
        ["0", "-1.0", "nan", "inf", "true", "'a'", "1" + 400 * "0"],
    ),
    (
        "a finite number from 0 on",
        ["weight_decay", "checkpoint_minutes", "validate_minutes"],
        ["-0.5", "nan", "inf", "false", "'a'"],
    ),
    ("a number in 0…1", ["ema", "paste"], ["-0.1", "1.1", "nan", "true", "'a'"]),
    ("a whole number from 1 on", ["turns", "decay_steps"], ["0", "1.5", "true", "'a'"]),
    ("a whole number from 0 on", ["warmup_steps"], ["-1", "1.5", "'a'"]),
    ("a whole number in 0…4294967295", ["seed"], ["-1", "4294967296", "1.5", "'a'"]),
    ("one of float32, mixed_bfloat16, mixed_float16", ["precision"], ["3", "[]", "'float64'"]),
    (
        r"\[smallest, largest\] above 0",
        ["crop"],
        ["[nan, 1.0]", "[0.5, inf]", "[true, true]", "[0, 1]"],
    ),
    (
        "a table of finite numbers from 0 on, not all 0",
        ["weights"],
        ["3", '["a"]', "{ a = -1 }", "{ a = 0 }", "{ a = nan }", "{ a = 'a' }"],
    ),
    ("a table of texts", ["terms"], ["'a'", "{ a = 3 }"]),
]


@pytest.mark.parametrize(
    ("expected", "key", "value"),
    [(told, key, value) for told, keys, values in BAD_VALUES for key in keys for value in values],
)
def test_a_value_of_another_kind_or_range_is_told(tmp_path, expected, key, value) -> None:
    good = {"network": "'x'", "data": "'x'", "learning_rate": "1", "phases": f"[{PHASE}]"}
    table = {**good, key: value}
    path = tmp_path / "run.toml"
    path.write_text("\n".join(f"{key} = {value}" for key, value in table.items()))
    with pytest.raises(ConfigError, match=rf"run\.toml: {key} must be {expected}, got "):
        read_config(path)


@pytest.mark.parametrize("key", ["size", "steps", "batch"])
@pytest.mark.parametrize("value", ["0", "-32", "64.5", "true", "'64'"])
def test_a_value_of_a_phase_that_is_no_number_from_1_on_is_told(tmp_path, key, value) -> None:
    phase = ", ".join(
        f"{name} = {value if name == key else 1}" for name in ("size", "steps", "batch")
    )
    path = tmp_path / "run.toml"
    path.write_text(
        f"network = 'x'\ndata = 'x'\nlearning_rate = 1\nphases = [{PHASE}, {{ {phase} }}]"
    )
    expected = f"phase 2: {key} must be a whole number from 1 on, got "
    with pytest.raises(ConfigError, match=expected):
        read_config(path)


def test_a_phase_that_is_no_table_is_told(config_file) -> None:
    config_file.write_text("network = 'x'\ndata = 'x'\nlearning_rate = 1\nphases = [3]")
    with pytest.raises(ConfigError, match=r"phase 1: expected a table of size, shapes, .*, got 3"):
        read_config(config_file)


@pytest.mark.parametrize("sides", ["size = 65", "size = 64\nshapes = [[64, 65]]"])
def test_sides_that_the_network_s_stride_does_not_divide_are_told(config_file, sides) -> None:
    config_file.write_text(config_file.read_text().replace("size = 64", sides))
    expected = "phases: sides must be multiples of 32, the stride of fc-densenet-tiny, got 65"
    with pytest.raises(ConfigError, match=expected):
        network_of(read_config(config_file))


def test_a_network_that_there_is_none_of_is_told(config_file) -> None:
    config_file.write_text(config_file.read_text().replace("fc-densenet-tiny", "tiny"))
    with pytest.raises(ConfigError, match=r"network must be one of fc-densenet56, .*, got 'tiny'"):
        network_of(read_config(config_file))


def test_a_missing_config_is_told(tmp_path) -> None:
    with pytest.raises(ConfigError, match="cannot be read as a TOML config"):
        read_config(tmp_path / "none.toml")
