"""Square copies are made once, and are what the photos were."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bgremove.errors import DataError
from bgremove.labelled_photos import read_index, read_photos
from bgremove.training import data
from bgremove.training.config import RunConfig
from bgremove.training.data import (
    MASK_BIT,
    STORED_SIZE,
    VOID_BIT,
    chosen_photos,
    set_weights,
    square_photos,
)


def everything(_entry) -> bool:
    return True


def test_squares_are_decoded_once_and_found_again(data_folder, tmp_path) -> None:
    entries = read_index(data_folder, everything)
    first = square_photos(data_folder, entries, tmp_path / "cache")
    photos = list(read_photos(data_folder, first.entries))
    (data_folder / "shards" / "photos.tar").unlink()
    again = square_photos(data_folder, entries, tmp_path / "cache")
    assert first.images.shape == (5, STORED_SIZE, STORED_SIZE, 3)
    np.testing.assert_array_equal(first.images, again.images)
    np.testing.assert_array_equal(first.labels, again.labels)
    np.testing.assert_array_equal(first.aspects, again.aspects)
    aspects = [p.image.shape[1] / p.image.shape[0] for p in photos]
    np.testing.assert_allclose(first.aspects, aspects)
    a = [entry.stem for entry in again.entries].index("a")
    half, left_edge = STORED_SIZE // 2, STORED_SIZE * 19 // 60 + 1
    assert again.labels[a, half, half] == MASK_BIT
    assert again.labels[a, half, left_edge] & VOID_BIT


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Two white photos, white in their masks, too."""
    mine = tmp_path / "mine"
    for kind in ("images", "masks"):
        (mine / kind).mkdir(parents=True)
        for name in ("a", "b"):
            Image.new("RGB", (32, 24), "white").save(mine / kind / f"{name}.png")
    return mine


def test_photos_of_one_s_own_that_have_changed_are_decoded_anew(mine, tmp_path) -> None:
    entries = read_index(mine, everything)
    assert square_photos(mine, entries, tmp_path / "cache").labels.all()
    Image.new("RGB", (32, 24), "black").save(mine / "masks" / "a.png")
    labels = square_photos(mine, entries, tmp_path / "cache").labels
    assert [bool(each.any()) for each in labels] == [False, True]


def test_what_a_run_that_failed_has_decoded_is_not_taken_for_other_photos(mine, tmp_path) -> None:
    cache = tmp_path / "cache"
    square_photos(mine, read_index(mine, everything), cache)
    added = [mine / kind / f"{name}.png" for name in ("0", "00") for kind in ("images", "masks")]
    for path in added:
        Image.new("RGB", (32, 24), "black").save(path)
    (mine / "images" / "00.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"00\.png"):
        square_photos(mine, read_index(mine, everything), cache)
    for path in added:
        path.unlink()
    photos = square_photos(mine, read_index(mine, everything), cache)
    assert photos.images.shape == (2, STORED_SIZE, STORED_SIZE, 3)
    assert (photos.images == 255).all()


@pytest.mark.parametrize("part", ["names", "images", "labels", "aspects"])
@pytest.mark.parametrize("kept", [0, 5, 100, 130])
def test_a_cache_that_was_cut_off_is_decoded_anew(part, kept, mine, tmp_path) -> None:
    entries = read_index(mine, everything)
    square_photos(mine, entries, tmp_path / "cache")
    path = tmp_path / "cache" / f"{part}.npy"
    path.write_bytes(path.read_bytes()[:kept])
    photos = square_photos(mine, entries, tmp_path / "cache")
    assert (photos.images == 255).all()
    assert photos.labels.all()
    assert photos.aspects.tolist() == pytest.approx([32 / 24] * 2)


def test_a_cache_that_lacks_photos_is_decoded_anew(mine, tmp_path) -> None:
    entries = read_index(mine, everything)
    square_photos(mine, entries, tmp_path / "cache")
    np.save(tmp_path / "cache" / "aspects.npy", np.ones(1, np.float32))
    assert len(square_photos(mine, entries, tmp_path / "cache").aspects) == 2


def test_a_set_without_photos_is_told(data_folder) -> None:
    config = RunConfig(
        network="", data=data_folder, phases=(), learning_rate=0, weights={"people": 1, "peple": 1}
    )
    with pytest.raises(DataError, match=r"weights\.peple: expected training photos .*: people"):
        set_weights(config, chosen_photos(config, "train"))


def test_another_choice_of_photos_is_decoded_anew(data_folder, tmp_path) -> None:
    square_photos(data_folder, read_index(data_folder, everything), tmp_path / "cache")
    some = read_index(data_folder, lambda entry: entry.set == "things")
    assert len(square_photos(data_folder, some, tmp_path / "cache").images) == 1


def test_squares_of_another_size_are_decoded_anew(data_folder, tmp_path, monkeypatch) -> None:
    entries = read_index(data_folder, everything)
    monkeypatch.setattr(data, "STORED_SIZE", 256)
    square_photos(data_folder, entries, tmp_path / "cache")
    monkeypatch.undo()
    images = square_photos(data_folder, entries, tmp_path / "cache").images
    assert images.shape == (5, STORED_SIZE, STORED_SIZE, 3)
