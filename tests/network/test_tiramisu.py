"""The networks are those of the paper, and of the original."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from bgremove.errors import ConfigError
from bgremove.network.tiramisu import PRESETS, Tiramisu, build, preset, total_stride


def tiny(tiramisu: Tiramisu) -> Tiramisu:
    return replace(
        tiramisu,
        down_layers=tuple(1 for _ in tiramisu.down_layers),
        bottleneck_layers=2,
        growth_rate=2,
        stem_filters=4,
    )


def count(model: keras.Model, kind: type[keras.layers.Layer]) -> int:
    return sum(type(layer) is kind for layer in model.layers)


def test_the_originals_variant_has_exactly_its_layers_and_parameters() -> None:
    model = build(PRESETS["fc-densenet103-original"])
    assert model.count_params() == 9_422_850
    assert count(model, keras.layers.Conv2D) == 98
    assert count(model, keras.layers.Conv2DTranspose) == 5
    assert count(model, keras.layers.BatchNormalization) == 96
    assert count(model, keras.layers.MaxPooling2D) == 0
    assert model.output_shape == (None, 224 * 224, 2)


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        ("fc-densenet56", 1.4),
        ("fc-densenet67", 3.5),
        ("fc-densenet103", 9.4),
        ("fc-densenet103-strided", 9.2),
    ],
)
def test_each_preset_has_the_size_that_is_told_of_it(name: str, millions: float) -> None:
    model = build(PRESETS[name])
    assert round(model.count_params() / 1e6, 1) == millions
    assert model.output_shape == (None, 224, 224, 2)


def test_a_network_of_no_name_is_told() -> None:
    assert preset("fc-densenet56") is PRESETS["fc-densenet56"]
    with pytest.raises(ConfigError, match=r"network must be one of fc-densenet56, .* got 'unet'"):
        preset("unet")


def test_the_papers_103_pools_five_times() -> None:
    assert count(build(PRESETS["fc-densenet103"]), keras.layers.MaxPooling2D) == 5


def test_the_strided_kin_has_the_inner_shapes_of_the_103() -> None:
    inner = {w.path: w.shape for w in build(PRESETS["fc-densenet103-strided"]).weights}
    full = {w.path: w.shape for w in build(PRESETS["fc-densenet103"]).weights}
    for level in range(1, 5):
        for way in ("down", "up"):
            kernel = f"{way}{level}_layer1_conv/kernel"
            assert inner[kernel] == full[f"{way}{level + 1}_layer1_conv/kernel"]
    assert inner["bottleneck_layer15_conv/kernel"] == full["bottleneck_layer15_conv/kernel"]


@pytest.mark.parametrize("name", PRESETS)
def test_every_layer_is_named_by_its_address(name: str) -> None:
    parts = ("image", "stem", "down", "bottleneck", "up", "features", "new_features", "head")
    for layer in build(PRESETS[name], size=32).layers:
        assert layer.name.startswith((*parts, "probability"))


@pytest.mark.parametrize(
    "name", ["fc-densenet56", "fc-densenet103-original", "fc-densenet103-strided"]
)
def test_a_tiny_network_learns_saves_loads_and_repeats_itself(name, tmp_path) -> None:
    keras.utils.set_random_seed(3)
    model = build(tiny(PRESETS[name]), size=32)
    x = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    y = np.zeros(model.compute_output_shape(x.shape), np.float32)
    model.compile("adam", "binary_crossentropy")
    before = model.train_on_batch(x, y)
    for _ in range(5):
        after = model.train_on_batch(x, y)
    assert after < before

    path = tmp_path / "network.keras"
    model.save(path)
    again = keras.models.load_model(path, compile=False)
    np.testing.assert_array_equal(again.predict_on_batch(x), model.predict_on_batch(x))


def test_a_network_of_any_size_gives_what_one_of_a_fixed_size_gives() -> None:
    tiramisu = tiny(PRESETS["fc-densenet103-strided"])
    fixed, free = build(tiramisu, size=64), build(tiramisu, size=None)
    free.set_weights(fixed.get_weights())
    x = np.random.default_rng(1).random((1, 64, 64, 3), np.float32)
    np.testing.assert_allclose(free.predict_on_batch(x), fixed.predict_on_batch(x), atol=1e-6)


def test_probabilities_are_probabilities() -> None:
    model = build(tiny(PRESETS["fc-densenet56"]), size=32)
    y = model.predict_on_batch(np.full((1, 32, 32, 3), 0.5, np.float32))
    assert y.min() >= 0
    assert y.max() <= 1


def test_dropout_is_where_its_rate_is_not_0() -> None:
    fc_densenet56 = PRESETS["fc-densenet56"]
    assert count(build(fc_densenet56, size=32), keras.layers.Dropout) > 40
    assert count(build(replace(fc_densenet56, dropout=0.0), size=32), keras.layers.Dropout) == 0


def test_every_preset_halves_the_photo_five_times() -> None:
    assert {total_stride(tiramisu) for tiramisu in PRESETS.values()} == {32}


@pytest.mark.parametrize(("size", "would_do"), [(225, "224 and 256"), (20, "32 and 32")])
def test_a_size_that_does_not_fit_is_told_with_sizes_that_do(size: int, would_do: str) -> None:
    with pytest.raises(ValueError, match=f"multiple of 32, got {size}; {would_do} would do"):
        build(PRESETS["fc-densenet56"], size=size)
