"""A flat backdrop is recognised, and what stands before it is told from its shadow."""

import cv2
import numpy as np
import pytest

from bgremove import backdrop
from bgremove.arrays import Image

NOTHING_ENCLOSED = np.zeros((200, 240), np.bool_)


def lit_backdrop(height: int = 200, width: int = 240) -> Image:
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = 215 + 12 * across - 10 * (across**2 + down**2)
    return np.repeat(light[..., None], 3, axis=2).astype(np.uint8)


def noise() -> Image:
    return np.random.default_rng(0).integers(0, 256, (200, 240, 3), dtype=np.uint8)


@pytest.mark.parametrize(("height", "width"), [(20, 24), (200, 240), (400, 512)])
def test_a_lit_backdrop_is_recognised_and_nothing_stands_out_from_it(height, width) -> None:
    image = lit_backdrop(height, width)
    surface = backdrop.surface(image)
    assert surface is not None
    assert surface.shape == image.shape
    assert not backdrop.stands_out(image, surface, np.zeros((height, width), np.bool_)).any()


def test_texture_is_no_backdrop() -> None:
    assert backdrop.surface(noise()) is None


def test_a_horizon_is_no_backdrop() -> None:
    image = lit_backdrop()
    image[100:] = (60, 90, 40)
    assert backdrop.surface(image) is None


def test_a_thing_stands_out_and_its_soft_shadow_does_not() -> None:
    depth = np.zeros((200, 240), np.float32)
    depth[120:170, 60:200] = 0.25
    shadow = cv2.GaussianBlur(depth, (0, 0), 12)
    image = (lit_backdrop() * (1 - shadow[..., None])).astype(np.uint8)
    image[60:140, 90:150] = (30, 60, 160)
    surface = backdrop.surface(image)
    assert surface is not None
    truth = np.zeros((200, 240), np.bool_)
    truth[60:140, 90:150] = True
    found = backdrop.stands_out(image, surface, NOTHING_ENCLOSED)
    assert found[truth].all()
    assert not found[~truth].any()
