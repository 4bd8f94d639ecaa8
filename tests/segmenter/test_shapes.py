"""A network's shapes are held against its card, whichever engine runs it."""

import numpy as np
import pytest

from bgremove.cards import InputSpec, ModelCard
from bgremove.errors import ModelMismatchError
from bgremove.segmenter.shapes import as_maps, check_shapes

CARD = ModelCard(
    name="small",
    description="for tests",
    input=InputSpec(height=4, width=6),
    outputs=("person", "subject"),
)


@pytest.mark.parametrize("batch", [1, None, "N"])
@pytest.mark.parametrize("output", [(4, 6, 2), (8, 12, 2), (24, 2), (None, "w", 2)])
def test_a_network_that_fits_is_taken(batch: object, output: tuple[object, ...]) -> None:
    check_shapes("net", CARD, (4, 6), (batch, 4, 6, 3), (batch, *output))


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        ((1, 3, 4, 6), r"\(1, 3, 4, 6\)"),
        ((None, 4, 7, 3), r"\(any, 4, 7, 3\)"),
        ((2, 4, 6, 3), r"\(2, 4, 6, 3\)"),
        ((1, 72), r"\(1, 72\)"),
    ],
)
def test_another_input_is_told_with_what_was_expected(
    shape: tuple[int | None, ...], found: str
) -> None:
    expected = r"net: expected an input of shape \(1, 4, 6, 3\), found " + found
    with pytest.raises(ModelMismatchError, match=expected):
        check_shapes("net", CARD, (4, 6), shape, (1, 4, 6, 2))


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        ((1, 4, 6, 3), r"\(1, 4, 6, 3\)"),
        ((1, 25, 2), r"\(1, 25, 2\)"),
        ((1, 2), r"\(1, 2\)"),
    ],
)
def test_another_output_is_told_with_what_was_expected(shape: tuple[int, ...], found: str) -> None:
    expected = r"\(1, h, w, 2\) or \(1, 24, 2\) for person, subject, found " + found
    with pytest.raises(ModelMismatchError, match=expected):
        check_shapes("net", CARD, (4, 6), (1, 4, 6, 3), shape)


def test_pixels_in_one_row_become_maps_row_by_row() -> None:
    row = np.arange(48, dtype=np.float64).reshape(1, 24, 2)
    maps = as_maps(row, (4, 6))
    assert maps.dtype == np.float32
    np.testing.assert_array_equal(maps, np.arange(48).reshape(4, 6, 2))


def test_maps_of_any_size_stay_as_they_are() -> None:
    output = np.random.default_rng(0).random((1, 2, 3, 2), np.float32)
    np.testing.assert_array_equal(as_maps(output, (4, 6)), output[0])
