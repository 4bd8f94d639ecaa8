"""Colours from one ICC profile to another look the same."""

import numpy as np
import pytest
from pictures import black_ink_only_profile, colours, linear_grey_profile, p3_profile, srgb_profile

from bgremove.image_io import in_profile


def test_colours_go_to_another_profile_and_come_back() -> None:
    image = colours(64, 600) // 2 + 64
    in_p3 = in_profile(image, None, p3_profile())
    assert np.abs(in_p3.astype(int) - image).max() > 20
    np.testing.assert_allclose(in_profile(in_p3, p3_profile(), None).astype(int), image, atol=2)


def test_every_row_is_converted_alike() -> None:
    image = colours(64, 2)[1:].repeat(600, axis=0)
    in_p3 = in_profile(image, None, p3_profile())
    np.testing.assert_array_equal(in_p3, in_p3[:1].repeat(600, axis=0))


@pytest.mark.parametrize("profile", [None, p3_profile(), b"broken"])
def test_the_same_profile_leaves_the_very_picture(profile: bytes | None) -> None:
    image = colours()
    assert in_profile(image, profile, profile) is image


def test_srgb_spelled_out_is_the_srgb_of_pictures_without_a_profile() -> None:
    np.testing.assert_array_equal(in_profile(colours(), None, srgb_profile()), colours())


@pytest.mark.parametrize(
    "profile",
    [b"", b"broken", p3_profile()[:128], linear_grey_profile(), black_ink_only_profile()],
)
def test_a_profile_that_is_of_no_use_leaves_the_colours(profile: bytes) -> None:
    np.testing.assert_array_equal(in_profile(colours(), profile, p3_profile()), colours())
    np.testing.assert_array_equal(in_profile(colours(), p3_profile(), profile), colours())
