"""What a user's own remover gives is checked before anything is made of it."""

from typing import Any

import numpy as np
import pytest

from bgremove import Matte, Output, Remover
from bgremove.arrays import Image
from bgremove.errors import InputError, NoSubjectWarning
from bgremove.tiles import tiled

PHOTO = np.full((6, 8, 3), 90, np.uint8)
ALPHA = np.full((6, 8), 0.5, np.float32)


class Own(Remover):
    """Gives whatever it was made with."""

    def __init__(self, given: Any) -> None:
        self.given = given

    def matte(self, _: Image) -> Matte:
        """Give it."""
        return self.given  # type: ignore[no-any-return]


def test_a_remover_of_one_s_own_cuts_out_with_its_alpha() -> None:
    found = Own(Matte(ALPHA, found=True))(PHOTO)
    np.testing.assert_array_equal(found[..., 3], np.full((6, 8), 128))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (ALPHA, "ndarray"),
        (Matte(ALPHA.tolist(), found=True), "list"),  # type: ignore[arg-type]
        (Matte(ALPHA.T, found=True), r"shape \(8, 6\) and dtype float32"),
        (Matte(ALPHA[..., None], found=True), r"shape \(6, 8, 1\) and dtype float32"),
        (Matte(tiled(ALPHA.T), found=True), r"shape \(8, 6\)"),
        (Matte((ALPHA * 255).astype(np.uint8), found=True), ".* dtype uint8"),  # type: ignore[arg-type]
        (Matte(-ALPHA, found=True), "values from -0.5 to -0.5"),
        (Matte(3 * ALPHA, found=True), "values from 1.5 to 1.5"),
        (Matte(np.where(np.eye(6, 8) > 0, np.nan, ALPHA), found=True), "values from nan to nan"),
    ],
)
def test_another_matte_is_told(given: Any, told: str) -> None:
    expected = (
        rf"Own\.matte must give a Matte with a float32 alpha of shape \(6, 8\) .*, got {told}"
    )
    for output in (Output(), Output(output="mask")):
        with pytest.raises(InputError, match=expected):
            Own(given)(PHOTO, output=output)
    with pytest.raises(InputError, match=expected):
        Own(given).alpha(PHOTO)


def test_a_remover_without_a_word_for_what_it_looks_for_can_find_nothing() -> None:
    with pytest.warns(NoSubjectWarning, match="no subject found"):
        assert not Own(Matte(np.zeros_like(ALPHA), found=False))(PHOTO).any()
