"""Batches are what the seed says, and labels stay with their photos."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgremove.labelled_photos import Entry, read_index
from bgremove.training.augment import (
    Sampler,
    pasted,
    random_crop,
    recoloured,
    target_of,
)
from bgremove.training.data import (
    MASK_BIT,
    STORED_SIZE,
    VOID_BIT,
    SquarePhotos,
    square_photos,
)


@pytest.fixture
def sampler(data_folder, tmp_path) -> Sampler:
    entries = read_index(data_folder, lambda entry: entry.split == "train")
    photos = square_photos(data_folder, entries, tmp_path / "cache")
    return Sampler(photos, {"people": 2, "things": 1, "nobody": 1}, paste=0.5, crop=(0.5, 1.15))


def test_the_same_draw_gives_the_same_batch(sampler) -> None:
    one = sampler.batch(4, [(32, 32)], np.random.default_rng([1, 2]))
    two = sampler.batch(4, [(32, 32)], np.random.default_rng([1, 2]))
    np.testing.assert_array_equal(one.images, two.images)
    np.testing.assert_array_equal(one.targets, two.targets)


def test_a_batch_has_the_shapes_and_ranges_that_it_promises(sampler) -> None:
    batch = sampler.batch(8, [(48, 64)], np.random.default_rng(0))
    assert batch.images.shape == (8, 48, 64, 3)
    assert batch.targets.shape == (8, 48, 64, 4)
    assert batch.images.dtype == batch.targets.dtype == np.float32
    assert 0 <= batch.images.min() <= batch.images.max() <= 1
    assert set(np.unique(batch.targets)) == {0, 1}


def test_the_mask_moves_with_the_photo(data_folder, tmp_path) -> None:
    entries = read_index(data_folder, lambda entry: entry.set == "things")
    photos = square_photos(data_folder, entries, tmp_path / "cache")
    sampler = Sampler(photos, {"things": 1}, paste=0, crop=(0.5, 1.15))
    batch = sampler.batch(16, [(64, 64)], np.random.default_rng(5))
    bright = batch.images.mean(axis=-1)
    for image, subject in zip(bright, batch.targets[..., 1] > 0, strict=True):
        assert image[subject].mean() > image[~subject].mean() + 0.3


def test_each_batch_is_of_photos_that_are_nearest_to_its_shape() -> None:
    rng = np.random.default_rng(0)
    entries = [Entry("set", str(i), "train", "shard", "mask", "mask") for i in range(6)]
    aspects = np.array([0.5, 0.7, 0.8, 1.3, 1.5, 2.0], np.float32)
    levels = np.where(aspects < 1, 0, 255).astype(np.uint8)
    images = np.broadcast_to(levels[:, None, None, None], (6, STORED_SIZE, STORED_SIZE, 3))
    photos = SquarePhotos(entries, images, images[..., 0], aspects)
    sampler = Sampler(photos, {"set": 1}, paste=0, crop=(1, 1))
    shapes = set()
    for _ in range(12):
        batch = sampler.batch(3, [(64, 32), (32, 64)], rng)
        height, width = batch.images.shape[1:3]
        shapes.add((height, width))
        assert ((batch.images.mean(axis=(1, 2, 3)) > 0.5) == (width > height)).all()
    assert shapes == {(64, 32), (32, 64)}


def white_photo_and_black_backdrop(person: str, backdrop: str) -> SquarePhotos:
    entries = [
        Entry("people", "a", "train", "shard", person, "mask"),
        Entry("nobody", "b", "train", "shard", backdrop, "unknown"),
    ]
    images = np.zeros((2, STORED_SIZE, STORED_SIZE, 3), np.uint8)
    images[0] = 255
    labels = np.zeros((2, STORED_SIZE, STORED_SIZE), np.uint8)
    labels[:, STORED_SIZE // 4 : STORED_SIZE * 3 // 4] = MASK_BIT
    return SquarePhotos(entries, images, labels, np.ones(2, np.float32))


@pytest.mark.parametrize(
    ("person", "backdrop", "paste", "is_pasted"),
    [
        ("mask", "none", 1, True),
        ("mask", "none", 0, False),
        ("unknown", "none", 1, False),
        ("mask", "unknown", 1, False),
    ],
)
def test_whole_subjects_are_pasted_on_photos_without_people(
    person, backdrop, paste, is_pasted
) -> None:
    photos = white_photo_and_black_backdrop(person, backdrop)
    sampler = Sampler(photos, {"people": 1}, paste=paste, crop=(0.9, 1))
    batch = sampler.batch(8, [(64, 64)], np.random.default_rng(0))
    for image, subject in zip(batch.images, batch.targets[..., 1] > 0, strict=True):
        assert image[subject].mean() > 0.5
        assert (image[~subject].mean() < 0.5) == is_pasted


@pytest.mark.parametrize(
    ("person", "subject", "expected"),
    [
        ("mask", "mask", [1, 1, 1, 1]),
        ("mask", "unknown", [1, 0, 1, 0]),
        ("none", "mask", [0, 1, 1, 1]),
        ("none", "unknown", [0, 0, 1, 0]),
        ("unknown", "mask", [0, 1, 0, 1]),
    ],
)
def test_each_output_learns_only_where_it_is_labelled(person, subject, expected) -> None:
    entry = Entry("set", "stem", "train", "shard", person, subject)
    label = np.array([[MASK_BIT, MASK_BIT | VOID_BIT]], np.uint8)
    target = target_of(entry, label)
    assert target[0, 0].tolist() == expected
    assert target[0, 1, 2:].tolist() == [0, 0]


def test_pasting_keeps_the_inside_and_takes_the_backdrop_outside() -> None:
    image, backdrop = np.full((20, 20, 3), 200, np.uint8), np.full((20, 20, 3), 10, np.uint8)
    mask = np.zeros((20, 20), np.uint8)
    mask[5:15, 5:15] = MASK_BIT
    result = pasted(image, mask, backdrop)
    assert (result[8:12, 8:12] == 200).all()
    assert (result[:5] == 10).all()


@given(seed=st.integers(0, 10**6), size=st.sampled_from([32, 96, 224]))
def test_a_crop_stays_near_the_photo(seed: int, size: int) -> None:
    matrix = random_crop(size, 96, (0.5, 1.15), np.random.default_rng(seed))
    corners = np.array([[0, 0], [96, 0], [0, size], [96, size]], float)
    back = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))
    stored = np.c_[corners, np.ones(4)] @ back.T
    assert stored[:, :2].min() > -0.45 * STORED_SIZE
    assert stored[:, :2].max() < 1.45 * STORED_SIZE


@given(
    seed=st.integers(0, 10**6),
    crop=st.tuples(st.floats(0.3, 1.3), st.floats(0.3, 1.3)).map(lambda pair: tuple(sorted(pair))),
)
def test_a_crop_is_as_large_as_it_may_be(seed: int, crop: tuple[float, float]) -> None:
    matrix = random_crop(64, 96, crop, np.random.default_rng(seed))
    area = 64 * 96 / abs(np.linalg.det(matrix[:, :2]))
    side = np.sqrt(area) / STORED_SIZE
    assert crop[0] - 1e-9 <= side <= crop[1] + 1e-9


@given(seed=st.integers(0, 10**6))
def test_recolouring_gives_a_picture_of_the_same_shape(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (16, 24, 3), np.uint8)
    result = recoloured(image, rng)
    assert result.shape == image.shape
    assert result.dtype == np.uint8
