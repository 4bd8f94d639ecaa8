"""What happens to photos on their way into a batch on the GPU."""

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from bgremove.training.data import STORED_SIZE
from gpu.augment import Recipe, as_jpeg, blurred, drawn_batch, feathered
from gpu.photos import MASK, NONE, UNKNOWN, Photos

PLAIN = Recipe(crop=(1.0, 1.0), paste=0, paste_thing=0, occlude=0)
PERSON, THING, NOBODY, DOUBTFUL = range(4)


@pytest.fixture
def photos() -> Photos:
    """A person, a thing, an empty scene, and a subject of which nobody knows if it is people."""
    rng = np.random.default_rng(0)
    label = np.zeros((4, STORED_SIZE, STORED_SIZE), np.uint8)
    middle = slice(STORED_SIZE // 4, STORED_SIZE * 3 // 4)
    label[[PERSON, THING, DOUBTFUL], middle, middle] = 1
    label[PERSON, : STORED_SIZE // 32] = 2
    return Photos(
        rng.integers(0, 256, (4, STORED_SIZE, STORED_SIZE, 3), np.uint8),
        label,
        np.ones(4),
        np.array([MASK, NONE, NONE, UNKNOWN]),
        np.array([MASK, MASK, UNKNOWN, MASK]),
        np.full(4, 0.25),
        "cpu",
    )


def batch(photos: Photos, recipe: Recipe, seed: int = 0) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(seed)
    made = drawn_batch(photos, [(128, 160)], 64, recipe, np.random.default_rng(seed))
    return made.images, made.targets, made.counts


def test_each_output_counts_where_it_is_known(photos: Photos) -> None:
    images, targets, counts = batch(photos, PLAIN)
    assert images.shape == (64, 3, 128, 160)
    assert images.min() >= 0
    assert images.max() <= 1
    shares = {tuple((each.mean((1, 2)) > 0.5).tolist()) for each in counts}
    assert shares == {(True, True), (True, False), (False, True)}
    known = targets[(counts.mean((2, 3)) > 0.9).all(1)].mean((2, 3))
    filled = {tuple((each > 0.1).tolist()) for each in known}
    assert filled == {(True, True), (False, True)}


def test_a_pasted_subject_keeps_its_mask(photos: Photos) -> None:
    recipe = Recipe(crop=(1.0, 1.0), paste=1, paste_thing=1, occlude=0)
    _, plain, _ = batch(photos, PLAIN)
    _, pasted, _ = batch(photos, recipe)
    torch.testing.assert_close(plain.mean(), pasted.mean(), rtol=0.05, atol=0)


def test_what_stands_before_a_person_is_no_person(photos: Photos) -> None:
    recipe = Recipe(crop=(1.0, 1.0), paste=0, paste_thing=0, occlude=1)
    _, plain, _ = batch(photos, PLAIN)
    _, hidden, counts = batch(photos, recipe)
    assert 0 < hidden[:, 0].mean() < plain[:, 0].mean()
    assert counts[:, 1].max() == 0


def test_that_a_photo_has_no_subject_is_learnt_from_it(photos: Photos) -> None:
    empty = Photos(
        photos.images.permute(0, 2, 3, 1).numpy(),
        np.zeros_like(photos.labels.numpy()),
        np.ones(4),
        np.full(4, UNKNOWN),
        np.full(4, NONE),
        np.full(4, 0.25),
        "cpu",
    )
    _, targets, counts = batch(empty, PLAIN)
    assert targets.max() == 0
    assert counts[:, 0].max() == 0
    assert counts[:, 1].mean() > 0.9


def test_a_photo_goes_by_the_shape_that_is_nearest(photos: Photos) -> None:
    photos = Photos(
        photos.images.permute(0, 2, 3, 1).numpy(),
        photos.labels.numpy(),
        np.array([0.5, 2.0, 1.0, 1.0]),
        photos.person.numpy(),
        photos.subject.numpy(),
        np.array([0.5, 0.5, 0.0, 0.0]),
        "cpu",
    )
    rng = np.random.default_rng(0)
    for _ in range(10):
        shape, index = photos.draw([(64, 32), (32, 64)], 8, rng)
        assert set(index.tolist()) == ({0} if shape == (64, 32) else {1})


@pytest.mark.parametrize("quality", [30, 50, 75])
def test_it_loses_what_opencvs_jpeg_loses(quality: int) -> None:
    photo = np.asarray(Image.open("examples/astronaut.jpg").resize((256, 256)).convert("RGB"))
    sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, *sampling]
    _, encoded = cv2.imencode(".jpg", photo[..., ::-1], options)
    expected = cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32)
    x = torch.from_numpy(photo.copy()).permute(2, 0, 1)[None] / 255
    mine = as_jpeg(x, torch.full((1, 1, 1, 1), float(quality)))[0].permute(1, 2, 0).numpy() * 255
    lost = np.abs(expected - photo).mean()
    assert np.abs(mine - photo).mean() == pytest.approx(lost, rel=0.25)
    assert np.abs(mine - expected).mean() < 0.7 * lost


def test_a_blur_keeps_the_mean_and_is_opencvs() -> None:
    torch.manual_seed(0)
    x = torch.rand(2, 3, 40, 48)
    mine = blurred(x, torch.tensor([0.6, 1.5]), 4)
    for image, theirs, sigma in zip(mine, x, (0.6, 1.5), strict=True):
        expected = cv2.GaussianBlur(theirs.permute(1, 2, 0).numpy(), (9, 9), sigma)
        np.testing.assert_allclose(image.permute(1, 2, 0).numpy(), expected, atol=1e-5)


def test_a_feathered_mask_lies_within_the_mask() -> None:
    mask = torch.zeros(1, 1, 20, 20)
    mask[..., 5:15, 5:15] = 1
    alpha = feathered(mask)
    assert alpha[mask == 0].max() == 0
    assert alpha.max() == pytest.approx(1)
    assert ((alpha > 0) & (alpha < 1)).any()
