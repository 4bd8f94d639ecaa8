"""A decoded picture, and what its cutout inherits."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from pictures import colours, colours_and_alpha, drawn, encoded, srgb_profile
from PIL import Image as PILImage

from bgremove.image_io import Photo, decode


def test_photo_gives_a_pil_cutout_with_profile_and_resolution() -> None:
    photo = Photo(colours(), None, srgb_profile(), (300.0, 300.0))
    picture = photo.as_pil(colours_and_alpha())
    assert picture.mode == "RGBA"
    assert picture.info == {"icc_profile": srgb_profile(), "dpi": (300.0, 300.0)}
    np.testing.assert_array_equal(np.asarray(picture), colours_and_alpha())


def test_photo_without_profile_and_resolution_says_nothing_of_them() -> None:
    assert Photo(colours(), None, None, None).as_pil(colours_and_alpha()).info == {}


def test_a_photo_can_let_go_of_its_pixels() -> None:
    photo = Photo(colours(), np.ones((2, 3), np.float32), srgb_profile(), (300.0, 300.0), frames=2)
    kept = photo.without_pixels()
    assert (kept.image.size, kept.alpha) == (0, None)
    assert (kept.icc_profile, kept.dpi, kept.frames) == (srgb_profile(), (300.0, 300.0), 2)


def test_photo_is_frozen() -> None:
    photo = decode(drawn("PNG"), "x")
    with pytest.raises(FrozenInstanceError):
        photo.alpha = None  # type: ignore[misc]
    for picture in (drawn("PNG"), encoded(PILImage.fromarray(colours_and_alpha()), "PNG")):
        with pytest.raises(ValueError, match=r"read-only"):
            decode(picture, "x").image[0, 0] = 0
