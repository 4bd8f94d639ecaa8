"""What every engine owes: the same probabilities, for any photo, from any thread."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bgremove.cards import CARD_FILE, ModelCard, check_hash, read_card
from bgremove.devices import Device
from bgremove.model_files import DEFAULT_MODEL, models_folder
from bgremove.segmenter import onnxruntime_runner, opencv_runner
from bgremove.segmenter.base import Segmenter
from bgremove.segmenter.keras_engine import load_keras
from bgremove.segmenter.onnx_engine import OnnxSegmenter

EXAMPLES = Path(__file__).parents[2] / "examples"
SHIPPED = sorted(card.parent for card in models_folder().glob(f"*/{CARD_FILE}"))
TOLERANCE = 1e-4


def opencv(card: ModelCard, path: Path) -> Segmenter:
    return OnnxSegmenter(card, path, opencv_runner.read)


def onnxruntime(card: ModelCard, path: Path) -> Segmenter:
    return OnnxSegmenter(card, path, onnxruntime_runner.read)


def keras(card: ModelCard, path: Path) -> Segmenter:
    return load_keras(path, card, Device("cpu"))


ENGINES = {"opencv": opencv, "onnxruntime": onnxruntime, "keras": keras}


@pytest.fixture(scope="module", params=ENGINES)
def segmenter(request: pytest.FixtureRequest, model_file: Path) -> Segmenter:
    return ENGINES[request.param](read_card(model_file.with_name(CARD_FILE)), model_file)


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    with Image.open(EXAMPLES / "astronaut.jpg") as picture:
        return np.asarray(picture.convert("RGB"))


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("size", [(64, 64), (1, 1), (1, 300), (37, 501), (480, 640)])
def test_any_size_gives_probabilities_at_the_networks_size(
    segmenter: Segmenter, size: tuple[int, int]
) -> None:
    probability = segmenter.predict(noise(*size))
    assert probability.shape == (64, 64, 2)
    assert probability.dtype == np.float32
    assert probability.min() >= 0
    assert probability.max() <= 1


def test_it_names_its_device_and_keeps_its_card(segmenter: Segmenter) -> None:
    assert segmenter.device == "cpu"
    assert segmenter.card.name == "tiny"


def test_it_leaves_the_image_as_it_was(segmenter: Segmenter) -> None:
    image = noise(64, 64)
    before = image.copy()
    segmenter.predict(image)
    np.testing.assert_array_equal(image, before)


def test_several_threads_get_the_answers_of_one(segmenter: Segmenter) -> None:
    images = [noise(50, 70, seed) for seed in range(8)]
    alone = [segmenter.predict(image) for image in images]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(segmenter.predict, images * 3))
    for index, probability in enumerate(together):
        np.testing.assert_allclose(probability, alone[index % len(images)], atol=1e-6)


def test_all_engines_agree_on_a_photo(model_file: Path, astronaut: np.ndarray) -> None:
    card = read_card(model_file.with_name(CARD_FILE))
    first, *others = (load(card, model_file).predict(astronaut) for load in ENGINES.values())
    assert first.std() > 0.01, "a flat answer would prove nothing"
    for other in others:
        np.testing.assert_allclose(first, other, atol=TOLERANCE)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_second_look_is_at_the_card_s_coarse_shapes(engine: str) -> None:
    folder = models_folder() / DEFAULT_MODEL
    card = read_card(folder / CARD_FILE)
    assert card.weights is not None
    segmenter = ENGINES[engine](card, folder / card.weights.file)
    for size, fine, coarse in (
        ((60, 60), (224, 224), (160, 160)),
        ((60, 90), (224, 320), (128, 192)),
        ((90, 60), (320, 224), (192, 128)),
    ):
        assert segmenter.predict(noise(*size)).shape == (*fine, 2)
        assert segmenter.predict(noise(*size), card.input.coarse()).shape == (*coarse, 2)


def test_an_engine_that_rested_gives_the_same_answer(segmenter: Segmenter) -> None:
    before = segmenter.predict(noise(50, 70))
    segmenter.rest()
    np.testing.assert_array_equal(segmenter.predict(noise(50, 70)), before)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_a_shipped_model_repeats_its_golden_pair(folder: Path, engine: str) -> None:
    card = read_card(folder / CARD_FILE)
    assert card.golden is not None
    assert card.weights is not None
    check_hash(folder / card.golden.file, card.golden.sha256)
    with np.load(folder / card.golden.file) as golden:
        image, expected = golden["image"], golden["probability"]
    probability = ENGINES[engine](card, folder / card.weights.file).predict(image)
    np.testing.assert_allclose(probability, expected, atol=TOLERANCE)
