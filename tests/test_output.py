"""What comes out: kinds, backgrounds, crop, size, position, format."""

from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from pictures import p3_profile, png_header, png_of_chunks, srgb_profile
from PIL import Image as PILImage

from bgremove.errors import ImageReadError, ImageWriteError, OptionError
from bgremove.image_io import Photo, read_photo
from bgremove.output import Output, blurred, encoded, over, rendered, subject_box

RED, BLUE = (200, 0, 0), (0, 0, 90)


@pytest.fixture
def photo() -> np.ndarray:
    """A blue photo, 8 × 12, with a red box in it."""
    image = np.full((8, 12, 3), BLUE, np.uint8)
    image[2:6, 3:9] = RED
    return image


@pytest.fixture
def cut() -> np.ndarray:
    """The red box, with a half transparent right column."""
    result = np.zeros((8, 12, 4), np.uint8)
    result[2:6, 3:9] = (*RED, 255)
    result[2:6, 8, 3] = 102
    return result


def disc_on(colour: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw a ground, the cutout of a white disc, and the photo of that on the ground."""
    ground = np.full((300, 300, 3), colour, np.uint8)
    cut = np.zeros((300, 300, 4), np.uint8)
    cv2.circle(cut, (160, 140), 70, (255, 255, 255, 255), cv2.FILLED, cv2.LINE_AA)
    cut[..., :3] = np.where(cut[..., 3:] > 0, 255, 0)
    return ground, cut, over(cut, ground)


class TestPlain:
    @pytest.mark.parametrize("format_name", ["auto", "png"])
    def test_the_cutout_itself_as_png_is(self, format_name) -> None:
        assert Output(format=format_name).is_plain

    @pytest.mark.parametrize(
        "other",
        [
            Output(output="mask"),
            Output(background="white"),
            Output(crop=True),
            Output(size="preview"),
            Output(format="webp"),
        ],
    )
    def test_all_else_is_not(self, other) -> None:
        assert not other.is_plain


class TestKinds:
    def test_a_cutout_is_what_came_in(self, cut, photo) -> None:
        assert rendered(cut, photo, Output()) is cut

    def test_an_alpha_is_the_fourth_channel(self, cut, photo) -> None:
        np.testing.assert_array_equal(rendered(cut, photo, Output(output="alpha")), cut[..., 3])

    def test_a_mask_is_0_or_255(self, cut, photo) -> None:
        mask = rendered(cut, photo, Output(output="mask"))
        expected = np.zeros((8, 12), np.uint8)
        expected[2:6, 3:8] = 255
        np.testing.assert_array_equal(mask, expected)

    def test_a_foreground_is_the_subject_on_black(self, cut, photo) -> None:
        foreground = rendered(cut, photo, Output(output="foreground"))
        assert foreground[3, 8].tolist() == list(RED)
        assert foreground[0, 0].tolist() == [0, 0, 0]
        assert foreground.shape == (8, 12, 3)


class TestBackgrounds:
    @pytest.mark.parametrize(
        ("text", "colour"),
        [
            ("white", (255, 255, 255)),
            ("#00ff00", (0, 255, 0)),
            ("#0f0", (0, 255, 0)),
            ((1, 22, 255), (1, 22, 255)),
            ((1, 22, 255, 255), (1, 22, 255)),
            (tuple(np.array([1, 22, 255], np.uint8)), (1, 22, 255)),
        ],
    )
    def test_a_colour_shows_where_the_subject_does_not(self, cut, photo, text, colour) -> None:
        picture = rendered(cut, photo, Output(background=text))
        assert picture.shape == (8, 12, 3)
        assert picture[0, 0].tolist() == list(colour)
        assert picture[3, 4].tolist() == list(RED)
        mixture = np.rint(0.4 * np.array(RED) + 0.6 * np.array(colour))
        np.testing.assert_array_equal(picture[3, 8], mixture)

    def test_a_picture_covers_and_keeps_its_shape(self, cut, photo, tmp_path: Path) -> None:
        stripes = np.zeros((4, 12, 3), np.uint8)
        stripes[:, 6:] = 255
        PILImage.fromarray(stripes).save(tmp_path / "b.png")
        picture = rendered(cut, photo, Output(background=str(tmp_path / "b.png")))
        assert picture[7, 0].tolist() == [0, 0, 0]
        assert picture[7, 11].tolist() == [255, 255, 255]

    @pytest.mark.usefixtures("bare_folder")
    @pytest.mark.parametrize("name", ["red", "blur"])
    def test_a_path_is_a_picture_whatever_it_is_called(self, cut, photo, name: str) -> None:
        PILImage.new("RGB", (12, 8), (0, 90, 0)).save(name, "png")
        output = Output(background=Path(name))
        assert rendered(cut, photo, output)[0, 0].tolist() == [0, 90, 0]
        assert not output.shows_photo

    def test_what_a_background_leaves_transparent_is_white(self, cut, photo, tmp_path) -> None:
        picture = PILImage.new("RGBA", (2, 1), (255, 0, 0, 0))
        picture.putpixel((1, 0), (0, 0, 255, 255))
        picture.save(tmp_path / "b.png")
        shown = rendered(cut, photo, Output(background=tmp_path / "b.png"))
        assert (shown[0, 0].tolist(), shown[0, -1].tolist()) == ([255, 255, 255], [0, 0, 255])

    @pytest.mark.parametrize(
        ("background", "picture"),
        [
            (None, None),
            ("red", None),
            ("blur:3", None),
            ((255, 0, 0), None),
            ("x/red", Path("x/red")),
            (Path("red"), Path("red")),
        ],
    )
    def test_what_is_no_word_is_a_picture_s_file(self, background, picture) -> None:
        assert Output(background=background).picture == picture

    @pytest.mark.usefixtures("bare_folder")
    def test_a_thin_picture_is_cut_before_it_is_scaled(self) -> None:
        """Scaled first, it would be of 4,000,000 rows."""
        strip = np.arange(1000, dtype=np.uint8)[:, None, None].repeat(3, axis=2)
        PILImage.fromarray(strip).save("strip.png")
        cut, photo = np.zeros((300, 4000, 4), np.uint8), np.zeros((300, 4000, 3), np.uint8)
        picture = rendered(cut, photo, Output(background="strip.png"))
        assert picture.shape == (300, 4000, 3)
        assert (picture == strip[499]).all()

    @pytest.mark.parametrize("text", ["rgb(300,0,0)", "rgb(110%,0%,0%)", "rgba(255,0,0,255)"])
    def test_a_colour_beyond_the_brightest_is_the_brightest(self, cut, photo, text) -> None:
        assert rendered(cut, photo, Output(background=text))[0, 0].tolist() == [255, 0, 0]

    def test_a_picture_that_is_too_large_is_told(self, cut, photo, tmp_path: Path) -> None:
        path = tmp_path / "huge.png"
        header = png_header(100_000, 100_000, bits=8, colour_type=2)
        path.write_bytes(png_of_chunks(header, (b"IDAT", b""), (b"IEND", b"")))
        with pytest.raises(ImageReadError, match=r"huge\.png: too large; take a smaller one"):
            rendered(cut, photo, Output(background=path))

    def test_a_picture_that_is_missing_is_told(self, cut, photo) -> None:
        with pytest.raises(ImageReadError, match=r"no-such\.png: no such file"):
            rendered(cut, photo, Output(background="no-such.png"))

    def test_blur_keeps_the_photo_s_colours_and_loses_its_edges(self, cut) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (8, 12, 3), np.uint8)
        mild = rendered(np.zeros_like(cut), noise, Output(background="blur:1"))
        strong = rendered(np.zeros_like(cut), noise, Output(background="blur:5"))
        assert strong.std() < mild.std() < noise.std()
        assert abs(float(strong.mean()) - float(noise.mean())) < 12

    @pytest.mark.parametrize("sigma", [10.0, 40.0])
    def test_a_wide_blur_is_what_it_would_be_at_full_size(self, sigma) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (300, 200, 3), np.uint8)
        noise[:150] //= 4
        expected = cv2.GaussianBlur(noise, (0, 0), sigma)
        assert np.abs(blurred(noise, sigma).astype(int) - expected).max() <= 3

    @pytest.mark.parametrize("colour", [(0, 0, 0), (20, 120, 40)])
    @pytest.mark.parametrize("blur", ["blur", "blur:3", "blur:30"])
    def test_a_blurred_photo_has_no_glow_of_its_subject(self, colour, blur) -> None:
        ground, cut, photo = disc_on(colour)
        shown = rendered(cut, photo, Output(background=blur))
        ring = cv2.dilate(cut[..., 3], np.ones((41, 41), np.uint8)) > cut[..., 3]
        ring &= cut[..., 3] == 0
        assert np.abs(shown.astype(int) - ground)[ring].max() <= 2

    @pytest.mark.parametrize("more", [{}, {"crop": True}, {"crop": True, "margin": "20%"}])
    def test_no_double_stands_beside_a_subject_in_another_size(self, more) -> None:
        ground, cut, photo = disc_on((20, 120, 40))
        shown = rendered(cut, photo, Output(background="blur", size="800x400", **more))
        assert shown.shape == (400, 800, 3)
        beside = [shown[:, :195], shown[:, 605:]]
        assert max(np.abs(part.astype(int) - ground[0, 0]).max() for part in beside) <= 2

    def test_a_blurred_photo_shows_nothing_that_the_photo_hides(self) -> None:
        ground, cut, photo = disc_on((20, 120, 40))
        own = np.ones(photo.shape[:2], np.float32)
        photo[:, :60], cut[:, :60], own[:, :60] = (255, 0, 255), 0, 0
        shown = rendered(cut, photo, Output(background="blur"), own)
        unseen = cut[..., 3] == 0
        assert np.abs(shown.astype(int) - ground)[unseen].max() <= 2

    @pytest.mark.parametrize("background", [None, "white", "blur"])
    def test_what_was_cut_away_is_asked_for_only_where_it_is_seen(
        self, cut, photo, background
    ) -> None:
        output = Output(background=background)
        same = np.array_equal(
            rendered(cut, photo, output), rendered(cut, np.zeros_like(photo), output)
        )
        assert same != output.shows_photo

    def test_over_is_exact_at_both_ends(self) -> None:
        rng = np.random.default_rng(0)
        top, bottom = (rng.integers(0, 256, (300, 300, c), np.uint8) for c in (4, 3))
        top[..., 3] = np.where(top[..., 3] > 128, 255, 0)
        result = over(top, bottom)
        opaque = top[..., 3] == 255
        np.testing.assert_array_equal(result[opaque], top[opaque][:, :3])
        np.testing.assert_array_equal(result[~opaque], bottom[~opaque])


GREEN, GREEN_IN_P3 = (60, 160, 60), (89, 158, 73)
"""One colour, in sRGB and in Display P3."""

BROKEN = p3_profile()[:128]


class TestColourProfiles:
    """A background looks the same whatever the photo's profile."""

    @pytest.mark.parametrize(
        ("text", "profile", "colour"),
        [
            ("#3ca03c", None, GREEN),
            ("#3ca03c", srgb_profile(), GREEN),
            ("#3ca03c", p3_profile(), GREEN_IN_P3),
            ("#3ca03c", BROKEN, GREEN),
            ("white", p3_profile(), (255, 255, 255)),
            ("black", p3_profile(), (0, 0, 0)),
        ],
    )
    def test_a_css_colour_is_of_srgb(self, cut, photo, text, profile, colour) -> None:
        picture = rendered(cut, photo, Output(background=text), icc_profile=profile)
        assert picture[0, 0].tolist() == list(colour)
        assert picture[3, 4].tolist() == list(RED)

    @pytest.mark.parametrize(
        ("own", "profile", "before", "after"),
        [
            (None, None, GREEN, GREEN),
            (None, p3_profile(), GREEN, GREEN_IN_P3),
            (srgb_profile(), p3_profile(), GREEN, GREEN_IN_P3),
            (p3_profile(), None, GREEN_IN_P3, GREEN),
            (p3_profile(), p3_profile(), GREEN, GREEN),
            (BROKEN, None, GREEN, GREEN),
            (p3_profile(), BROKEN, GREEN, GREEN),
        ],
    )
    def test_a_picture_has_its_own(
        self, cut, photo, own, profile, before, after, tmp_path: Path
    ) -> None:
        PILImage.new("RGB", (12, 8), before).save(tmp_path / "b.png", icc_profile=own)
        output = Output(background=tmp_path / "b.png")
        picture = rendered(cut, photo, output, icc_profile=profile)
        np.testing.assert_allclose(picture[0, 0], after, atol=1)

    def test_a_blurred_photo_has_the_photo_s(self, cut, photo) -> None:
        output = Output(background="blur")
        np.testing.assert_array_equal(
            rendered(cut, photo, output, icc_profile=p3_profile()), rendered(cut, photo, output)
        )


class TestCrop:
    @pytest.mark.parametrize(
        ("margin", "shape"),
        [("0", (4, 6)), ("1", (6, 8)), ("50%", (8, 12)), ("10%", (6, 8)), ("99", (8, 12))],
    )
    def test_what_is_left_is_the_subject_and_its_margin(self, cut, photo, margin, shape) -> None:
        assert rendered(cut, photo, Output(crop=True, margin=margin)).shape[:2] == shape

    def test_nothing_to_see_leaves_the_picture_whole(self) -> None:
        assert subject_box(np.zeros((8, 12), np.uint8)) == (slice(0, 8), slice(0, 12))


class TestSize:
    def test_a_preview_has_a_quarter_of_a_megapixel_at_most(self) -> None:
        large = np.full((900, 1600, 4), 255, np.uint8)
        small = rendered(large, large[..., :3], Output(size="preview"))
        height, width = small.shape[:2]
        assert 240_000 < height * width <= 250_000
        assert width / height == pytest.approx(16 / 9, rel=0.01)

    def test_a_small_picture_is_its_own_preview(self, cut, photo) -> None:
        np.testing.assert_array_equal(rendered(cut, photo, Output(size="preview")), cut)

    @pytest.mark.parametrize(
        ("position", "top"), [("center", 8), ("0%", 0), ("50%,100%", 16), ("100%,25%", 4)]
    )
    def test_the_picture_stands_whole_where_it_is_told(self, photo, position, top) -> None:
        opaque = np.dstack([photo, np.full((8, 12), 255, np.uint8)])
        result = rendered(opaque, photo, Output(size="12x24", position=position))
        expected = np.zeros((24, 12, 4), np.uint8)
        expected[top : top + 8] = opaque
        np.testing.assert_array_equal(result, expected)

    def test_a_crop_keeps_nothing_else_alive(self, cut, photo) -> None:
        assert rendered(cut, photo, Output(crop=True)).base is None

    def test_a_cropped_subject_can_stand_as_it_did_in_the_photo(self) -> None:
        photo = np.full((40, 40, 3), RED, np.uint8)
        cut = np.zeros((40, 40, 4), np.uint8)
        cut[24:32, 4:8] = (*RED, 255)
        options = {"crop": True, "size": "8x8"}
        centred = rendered(cut, photo, Output(**options))
        assert np.flatnonzero(centred[0, :, 3]).tolist() == [2, 3, 4, 5]
        original = rendered(cut, photo, Output(**options, position="original"))
        assert np.flatnonzero(original[0, :, 3]).tolist() == [0, 1, 2, 3]
        assert original[..., 3].sum() == centred[..., 3].sum()

    def test_a_subject_as_wide_as_its_photo_stands_in_the_middle(self, photo) -> None:
        opaque = np.dstack([photo, np.full((8, 12), 255, np.uint8)])
        options = {"crop": True, "size": "12x24"}
        np.testing.assert_array_equal(
            rendered(opaque, photo, Output(**options, position="original")),
            rendered(opaque, photo, Output(**options)),
        )

    def test_resizing_brings_no_colour_out_of_the_invisible(self, cut, photo) -> None:
        cut[cut[..., 3] == 0, :3] = 255
        result = rendered(cut, photo, Output(size="5x5"))
        seen = result[..., 3] > 0
        np.testing.assert_allclose(result[seen][:, :3].astype(int), [RED] * seen.sum(), atol=3)
        assert not result[~seen].any()


class TestFormats:
    @pytest.mark.parametrize(
        ("options", "kind", "suffix"),
        [
            ({}, "PNG", ".png"),
            ({"format": "webp", "format_quality": 100}, "WEBP", ".webp"),
            ({"format": "tiff"}, "TIFF", ".tif"),
        ],
    )
    def test_formats_that_lose_nothing_give_the_pixels_back(
        self, cut, photo, options, kind, suffix
    ) -> None:
        output = Output(**options)
        data = encoded(cut, Photo(photo, None, None, (300.0, 300.0)), output)
        with PILImage.open(BytesIO(data)) as picture:
            assert picture.format == kind
            visible = cut[..., 3] > 0
            np.testing.assert_array_equal(np.asarray(picture)[visible], cut[visible])
        assert output.suffix == suffix

    def test_a_jpeg_gets_smaller_with_its_quality(self) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
        opaque = np.dstack([noise, np.full((64, 64), 255, np.uint8)])
        sizes = []
        for quality in (30, np.int64(95)):
            output = Output(format="jpeg", background="white", format_quality=quality)
            picture = rendered(opaque, noise, output)
            sizes.append(len(encoded(picture, Photo(noise, None, None, None), output)))
        assert sizes[0] < sizes[1]

    @pytest.mark.parametrize("kind", ["png", "webp", "tiff"])
    def test_profile_and_resolution_stay(self, kind, cut, photo, tmp_path: Path) -> None:
        whole = Photo(photo, None, srgb_profile(), (300.0, 300.0))
        data = encoded(cut, whole, Output(format=kind))
        path = tmp_path / f"a.{kind}"
        path.write_bytes(data)
        back = read_photo(path)
        assert back.icc_profile == srgb_profile()
        if kind != "webp":
            assert back.dpi == pytest.approx((300, 300), abs=0.1)

    def test_a_picture_too_large_for_its_format_is_told(self) -> None:
        wide = np.zeros((1, 17000, 4), np.uint8)
        photo = Photo(wide[..., :3], None, None, None)
        with pytest.raises(ImageWriteError, match="webp cannot hold a picture of 17000 × 1"):
            encoded(wide, photo, Output(format="webp"))


GOLDEN = Path(__file__).parent / "golden" / "outputs"

KINDS = {
    "mask": {"output": "mask"},
    "alpha": {"output": "alpha"},
    "foreground": {"output": "foreground"},
    "colour": {"background": "rebeccapurple"},
    "picture": {"background": str(GOLDEN / "mask.png")},
    "blur": {"background": "blur:3"},
    "cropped": {"crop": True, "margin": "10%"},
    "sized": {"size": "72x48"},
    "placed": {"crop": True, "size": "72x72", "position": "original"},
}


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_output_is_what_it_was(name: str) -> None:
    """Seen and stored once (``GOLDEN``): the sample photo at 96 pixels, and its cutout."""
    with PILImage.open(GOLDEN / "photo.png") as picture:
        photo = np.array(picture)
    with PILImage.open(GOLDEN / "cutout.png") as picture:
        cutout = np.array(picture)
    with PILImage.open(GOLDEN / f"{name}.png") as picture:
        expected = np.array(picture)
    result = rendered(cutout, photo, Output(**KINDS[name]))
    assert result.shape == expected.shape
    np.testing.assert_allclose(result.astype(int), expected, atol=2)


@pytest.mark.parametrize(
    ("options", "same"),
    [
        ({"background": (255, 128, 0)}, {"background": "#ff8000"}),
        (
            {"background": (255, 255, 255, 255), "format": "jpg"},
            {"background": "#ffffffff", "format": "jpeg"},
        ),
    ],
)
def test_one_thing_by_two_words_is_one_output(options, same) -> None:
    assert Output(**options) == Output(**same)
    assert hash(Output(**options)) == hash(Output(**same))
    assert Output(**options).suffix == Output(**same).suffix


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"output": "png"}, "output must be one of cutout, mask, alpha, foreground, got 'png'"),
        ({"format": "bmp"}, "format must be one of auto, png, webp, jpeg, tiff, got 'bmp'"),
        ({"format_quality": 0}, r"format_quality must be a number in 1…100, got 0"),
        ({"crop": "no"}, "crop must be True or False, got 'no'"),
        ({"background": "whit"}, "background must be a CSS colour, .* got 'whit'"),
        ({"background": "#12"}, "background must be .* got '#12'"),
        ({"background": "blur:0"}, "background must be .* got 'blur:0'"),
        ({"background": "rgba(9,9,9,0.5)"}, r"background must be .* got 'rgba\(9,9,9,0\.5\)'"),
        ({"background": "red", "output": "mask"}, "background goes with output cutout, got"),
        (
            {"format": "jpeg"},
            r"jpeg has no transparency: pass --background white \(background='white'\), or another "
            "background or format",
        ),
        ({"margin": "5"}, "margin only works together with crop"),
        ({"crop": True, "margin": "-1"}, "margin must be pixels or a share like 10%, got '-1'"),
        ({"crop": True, "margin": "1.5"}, "margin must be pixels or a share like 10%, got '1.5'"),
        ({"size": "huge"}, "size must be full, preview or WIDTHxHEIGHT .* got 'huge'"),
        ({"size": "0x5"}, "size must be .* got '0x5'"),
        ({"size": "5x20000"}, "size must be .* got '5x20000'"),
        (
            {"position": "left"},
            "position must be center, original, X% or X%,Y% in 0…100, got 'left'",
        ),
        ({"position": "101%"}, "position must be .* got '101%'"),
        ({"position": "0%", "crop": True}, r"position only works together with a size like 800x6"),
        ({"position": "original", "size": "preview"}, "position only works together with a size"),
        ({"background": "#ff000080"}, "background must be an opaque colour, got '#ff000080'"),
        ({"background": np.zeros((9, 9, 3))}, r"background must be .* got array\("),
        (
            {"background": (255, 0)},
            r"background must be 3 or 4 whole numbers in 0…255 .* got \(255, 0\)",
        ),
        ({"background": (256, 0, 0)}, r"background must be .* got \(256, 0, 0\)"),
        ({"background": (0, 0, 0.5)}, r"background must be .* got \(0, 0, 0\.5\)"),
        ({"background": (9, 9, 9, 0)}, "background must be an opaque colour, got '#09090900'"),
        ({"size": (10, 10)}, r"size must be a str as '800x600', got \(10, 10\)"),
        ({"position": 50}, "position must be a str as '50%,100%', got 50"),
        ({"crop": True, "margin": 5}, "margin must be a str as '10%', got 5"),
    ],
)
def test_wrong_values_are_told_in_one_line(options, message) -> None:
    with pytest.raises(OptionError, match=message) as caught:
        Output(**options)
    assert "\n" not in str(caught.value)
