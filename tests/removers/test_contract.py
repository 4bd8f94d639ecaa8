"""What every remover owes its caller, for every kind of picture."""

import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pictures import encoded, srgb_profile
from PIL import Image as PILImage

from bgremove.api import load_remover
from bgremove.errors import (
    InputError,
    NoSubjectError,
    NoSubjectWarning,
    OptionError,
)
from bgremove.removers import METHODS
from bgremove.removers.base import Remover

EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"
SIDE = 160


@lru_cache
def astronaut() -> PILImage.Image:
    return PILImage.open(EXAMPLE).convert("RGB").resize((SIDE, SIDE))


@pytest.fixture(params=sorted(METHODS))
def remover(request: pytest.FixtureRequest) -> Remover:
    return load_remover(request.param)


@pytest.fixture
def png(tmp_path: Path) -> Path:
    path = tmp_path / "astronaut.png"
    astronaut().save(path)
    return path


@pytest.fixture
def expected(remover: Remover) -> np.ndarray[Any, Any]:
    return remover(np.asarray(astronaut()))


def assert_same(found: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> None:
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    differing = np.argwhere((found != expected).any(axis=-1))
    assert not len(differing), f"{len(differing)} pixels differ, the first at {differing[0]}"


def test_the_astronaut_stays_and_something_goes(expected: np.ndarray[Any, Any]) -> None:
    alpha = expected[..., 3] / 255
    assert alpha[SIDE // 2 :, SIDE // 4 : SIDE // 2].mean() > 0.7
    assert (alpha == 0).any()


class TestKinds:
    """The same kind comes back, with the same pixels."""

    def test_a_path_gives_a_pil_image(
        self, remover: Remover, png: Path, expected: np.ndarray[Any, Any]
    ) -> None:
        for path in (png, str(png)):
            cutout = remover(path)
            assert isinstance(cutout, PILImage.Image)
            assert cutout.mode == "RGBA"
            assert_same(np.asarray(cutout), expected)

    def test_bytes_give_a_pil_image(
        self, remover: Remover, png: Path, expected: np.ndarray[Any, Any]
    ) -> None:
        cutout = remover(png.read_bytes())
        assert isinstance(cutout, PILImage.Image)
        assert_same(np.asarray(cutout), expected)

    def test_a_pil_image_gives_a_pil_image(
        self, remover: Remover, expected: np.ndarray[Any, Any]
    ) -> None:
        cutout = remover(astronaut())
        assert isinstance(cutout, PILImage.Image)
        assert_same(np.asarray(cutout), expected)

    def test_an_array_gives_an_array(self, expected: np.ndarray[Any, Any]) -> None:
        assert isinstance(expected, np.ndarray)
        assert expected.dtype == np.uint8
        assert expected.shape == (SIDE, SIDE, 4)

    def test_an_opaque_alpha_changes_nothing(
        self, remover: Remover, expected: np.ndarray[Any, Any]
    ) -> None:
        opaque = astronaut().convert("RGBA")
        assert_same(remover(np.asarray(opaque)), expected)
        assert_same(np.asarray(remover(opaque)), expected)

    def test_files_and_buffers_are_what_their_bytes_are(self, remover: Remover, png: Path) -> None:
        data = png.read_bytes()
        expected = np.asarray(remover(data))
        with png.open("rb") as file:
            for picture in (file, BytesIO(data), bytearray(data), memoryview(data)):
                assert_same(np.asarray(remover(picture)), expected)

    def test_a_remover_that_was_sent_elsewhere_does_the_same(
        self, remover: Remover, expected: np.ndarray[Any, Any]
    ) -> None:
        sent = pickle.loads(pickle.dumps(remover))
        assert repr(sent) == repr(remover)
        assert_same(sent(np.asarray(astronaut())), expected)

    def test_a_matte_that_was_sent_elsewhere_is_the_same(self, remover: Remover) -> None:
        matte = remover.matte(np.asarray(astronaut()))
        assert repr(matte) == f"<Matte of {SIDE} × {SIDE} pixels, found>"
        sent = pickle.loads(pickle.dumps(matte))
        assert repr(sent) == repr(matte)
        np.testing.assert_array_equal(sent.alpha, matte.alpha)

    def test_memory_layout_changes_nothing(
        self, remover: Remover, expected: np.ndarray[Any, Any]
    ) -> None:
        backwards = np.asarray(astronaut())[::-1, :, ::-1].copy()
        assert_same(remover(backwards[::-1, :, ::-1]), expected)

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "CMYK", "I;16", "HSV", "YCbCr"])
    @pytest.mark.filterwarnings("ignore::bgremove.errors.NoSubjectWarning")
    def test_every_mode_of_pil_gives_rgba_of_its_size(self, remover: Remover, mode: str) -> None:
        picture = astronaut().crop((0, 0, 100, 80))
        if mode == "PA":
            picture = picture.convert("LA")
        cutout = remover((picture.convert("L") if mode == "I;16" else picture).convert(mode))
        assert isinstance(cutout, PILImage.Image)
        assert cutout.mode == "RGBA"
        assert cutout.size == (100, 80)


class TestPixels:
    """What is visible is the photo's own, and what is not is gone."""

    def test_opaque_pixels_keep_their_colours(self, expected: np.ndarray[Any, Any]) -> None:
        opaque = expected[..., 3] == 255
        assert opaque.any()
        np.testing.assert_array_equal(expected[opaque][:, :3], np.asarray(astronaut())[opaque])

    def test_nothing_is_left_where_alpha_is_0(self, expected: np.ndarray[Any, Any]) -> None:
        transparent = expected[..., 3] == 0
        assert transparent.any()
        assert not expected[transparent].any()

    def test_an_alpha_that_the_picture_had_is_multiplied_in(
        self, remover: Remover, expected: np.ndarray[Any, Any]
    ) -> None:
        half = np.dstack([np.asarray(astronaut()), np.full((SIDE, SIDE), 128, np.uint8)])
        half[:, : SIDE // 2, 3] = 0
        alpha = remover(half)[..., 3].astype(int)
        assert not alpha[:, : SIDE // 2].any()
        halved = expected[:, SIDE // 2 :, 3] * (128 / 255)
        assert np.abs(alpha[:, SIDE // 2 :] - halved).max() <= 1

    def test_the_picture_is_left_as_it_was(self, remover: Remover) -> None:
        array = np.asarray(astronaut()).copy()
        before = array.copy()
        remover(array)
        np.testing.assert_array_equal(array, before)

    def test_resolution_and_profile_go_along(self, remover: Remover) -> None:
        data = encoded(astronaut(), "PNG", icc_profile=srgb_profile(), dpi=(300, 300))
        info = remover(data).info
        assert info["icc_profile"] == srgb_profile()
        assert info["dpi"] == pytest.approx((300, 300), abs=0.01)


class TestEmptiness:
    """Nobody is said, not invented."""

    def test_where_nothing_is_found_it_warns_and_all_is_transparent(self, remover: Remover) -> None:
        with pytest.warns(NoSubjectWarning, match=r"^no .* found; the cutout is fully transparent"):
            cutout = remover(np.full((64, 96, 3), 200, np.uint8))
        assert cutout.shape == (64, 96, 4)
        assert not cutout.any()

    def test_where_a_subject_is_required_it_is_an_error(self, remover: Remover) -> None:
        with pytest.raises(NoSubjectError, match=r"^no .* found$"):
            remover(np.full((64, 96, 3), 200, np.uint8), require_subject=True)

    def test_the_warning_is_of_the_line_that_asked(self, remover: Remover) -> None:
        picture = np.full((64, 96, 3), 200, np.uint8)
        for ask in (remover, remover.alpha):
            with pytest.warns(NoSubjectWarning) as told:
                ask(picture)
            assert told[0].filename == __file__

    def test_the_warning_becomes_an_error_where_that_is_wanted(self, remover: Remover) -> None:

        with warnings.catch_warnings():
            warnings.simplefilter("error", NoSubjectWarning)
            with pytest.raises(NoSubjectWarning, match="the cutout is fully transparent"):
                remover(np.full((64, 64, 3), 200, np.uint8))


class TestBadInput:
    """One line of what was expected and what came, before any method is asked: one will do."""

    @pytest.fixture
    def remover(self) -> Remover:
        return load_remover("contour")

    @pytest.mark.parametrize("limit", [0, None, "30"])
    def test_a_limit_that_is_none_is_told(self, remover: Remover, limit: Any) -> None:
        with pytest.raises(OptionError, match="max_pixels must be a number in 1…"):
            remover(np.zeros((8, 8, 3), np.uint8), max_pixels=limit)

    def test_a_matte_is_made_of_rgb_only(self, remover: Remover) -> None:
        expected = r"expected a uint8 array of shape \(H, W, 3\), got {}; for other .*Output\("
        for picture, found in ((np.zeros((8, 8, 4), np.uint8), r"\(8, 8, 4\)"), ("a.jpg", "str")):
            with pytest.raises(InputError, match=expected.format(found)):
                remover.alpha(picture)  # type: ignore[arg-type]

    def test_a_word_is_no_output(self, remover: Remover) -> None:
        message = r'output must be an Output, as in Output\(output="mask"\), got \'mask\''
        with pytest.raises(OptionError, match=message):
            remover(astronaut(), output="mask")  # type: ignore[call-overload]


@given(height=st.integers(1, 40), width=st.integers(1, 300), seed=st.integers(0, 99))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.filterwarnings("ignore::bgremove.errors.NoSubjectWarning")
def test_any_size_gives_a_cutout_of_that_size(
    remover: Remover, height: int, width: int, seed: int
) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    cutout = remover(image)
    assert cutout.shape == (height, width, 4)
    assert not cutout[cutout[..., 3] == 0].any()


def test_several_threads_get_what_one_gets(
    remover: Remover, expected: np.ndarray[Any, Any]
) -> None:
    turned = np.ascontiguousarray(np.asarray(astronaut())[:, ::-1])
    pictures = [np.asarray(astronaut()), turned] * 3
    answers = [expected, remover(turned)] * 3
    with ThreadPoolExecutor(3) as pool:
        for found, answer in zip(pool.map(remover, pictures), answers, strict=True):
            assert_same(found, answer)
