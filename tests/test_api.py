"""The functions for one picture, and the removers that they keep."""

import inspect
import os
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import encoded
from PIL import Image as PILImage

from bgremove import api
from bgremove.errors import (
    DeviceError,
    ImageTooLargeError,
    InputError,
    MissingExtraError,
    ModelNotFoundError,
    NoSubjectError,
    OptionError,
)
from bgremove.removers import METHODS, check_options, find_method, remover_class
from bgremove.removers.auto import AutoRemover
from bgremove.removers.base import Remover
from bgremove.removers.object import ObjectRemover
from bgremove.removers.person import PersonRemover
from bgremove.removers.subject import SubjectRemover


@pytest.fixture
def image() -> np.ndarray:
    """A red square, 40 to 100 of 160 pixels in both directions, on white."""
    image = np.full((160, 160, 3), 255, np.uint8)
    image[40:100, 40:100] = (255, 0, 0)
    return image


class TestThinFunctions:
    def test_remove_does_what_the_method_s_remover_does(
        self, image: np.ndarray, red_model: Path
    ) -> None:
        image[110:150, 110:150] = (0, 0, 255)
        for method, remover in {
            "contour": ObjectRemover(edges="hard"),
            "person": PersonRemover(model=red_model, edges="hard"),
            "subject": SubjectRemover(model=red_model, edges="hard"),
            "auto": AutoRemover(model=red_model, edges="hard"),
        }.items():
            model = None if method == "contour" else red_model
            found = api.remove(image, method=method, model=model, edges="hard")
            np.testing.assert_array_equal(found, remover(image))

    def test_remove_object_is_the_contour_method(self, image: np.ndarray) -> None:
        found = api.remove_object(image, low=50, high=100, edges="hard")
        expected = ObjectRemover(low=50, high=100, edges="hard")(image)
        np.testing.assert_array_equal(found, expected)

    def test_remove_person_is_the_person_method(self, image: np.ndarray, red_model: Path) -> None:
        found = api.remove_person(
            image, model=red_model, threshold=0.25, device="cpu", edges="soft"
        )
        expected = PersonRemover(model=red_model, threshold=0.25, device="cpu")(image)
        np.testing.assert_array_equal(found, expected)

    def test_remove_subject_is_the_subject_method(self, image: np.ndarray, red_model: Path) -> None:
        image = image[..., ::-1].copy()
        found = api.remove_subject(image, model=red_model, threshold=0.25)
        assert found[70, 70, 3] == 255
        expected = SubjectRemover(model=red_model, threshold=0.25)(image)
        np.testing.assert_array_equal(found, expected)

    def test_a_call_s_own_options_pass(self, image: np.ndarray, red_model: Path) -> None:
        image[:] = 255
        stream = BytesIO(encoded(PILImage.fromarray(image), "png"))
        for function, options in {
            api.remove: {"method": "contour"},
            api.remove_object: {},
            api.remove_person: {"model": red_model},
            api.remove_subject: {"model": red_model},
        }.items():
            with pytest.raises(NoSubjectError, match=r"found$"):
                function(image, require_subject=True, **options)
            stream.seek(0)
            with pytest.raises(ImageTooLargeError, match="over the limit of 99"):
                function(stream, max_pixels=99, **options)

    def test_a_pil_image_gives_a_pil_image(self, image: np.ndarray) -> None:
        assert isinstance(api.remove_object(PILImage.fromarray(image)), PILImage.Image)

    def test_what_is_no_picture_is_refused(self) -> None:
        with pytest.raises(InputError, match="got NoneType"):
            api.remove(None, method="contour")  # type: ignore[call-overload]

    @pytest.mark.parametrize(
        ("function", "methods"),
        [
            (api.remove, METHODS),
            (api.remove_person, ["person"]),
            (api.remove_subject, ["subject"]),
            (api.remove_object, ["contour"]),
            (api.load_remover, METHODS),
        ],
    )
    def test_each_takes_its_methods_options_by_name_only(
        self, function: object, methods: Iterable[str]
    ) -> None:
        parameters = inspect.signature(function).parameters  # type: ignore[arg-type]
        by_name = [p for p in parameters.values() if p.kind is p.KEYWORD_ONLY]
        options = {option for method in methods for option in METHODS[method].options}
        of_a_call = {"output", "require_subject", "max_pixels"}
        assert {p.name for p in by_name} - {"method"} - of_a_call == options
        assert all(parameters[name].default is None for name in options)
        if function is not api.load_remover:
            call = inspect.signature(Remover.__call__).parameters
            assert all(parameters[name].default == call[name].default for name in of_a_call)


class TestLoadRemover:
    def test_the_default_is_people_first(self, red_model: Path) -> None:
        assert isinstance(api.load_remover(model=red_model), AutoRemover)

    def test_the_same_options_give_the_same_remover(self, red_model: Path) -> None:
        first = api.load_remover("person", model=red_model, edges="hard")
        assert api.load_remover("person", edges="hard", model=red_model, threshold=None) is first
        assert api.load_remover("person", model=red_model) is not first

    def test_a_path_of_any_kind_is_one_and_keeps_the_box(self, red_model: Path) -> None:
        @dataclass
        class Unhashable:
            place: str | bytes

            def __fspath__(self) -> str | bytes:
                return self.place

        for place in (str(red_model), os.fsencode(red_model)):
            remover = api.load_remover("person", model=Unhashable(place), box=(1, 2, 3, 4))
            assert (remover.box, remover.options["model"]) == ((1, 2, 3, 4), red_model)

    def test_a_relative_path_is_another_model_in_another_folder(
        self, red_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("x", "y"):
            shutil.copytree(red_model.parent, tmp_path / name / "m")
        file = Path("m", red_model.name)
        monkeypatch.chdir(tmp_path / "x")
        first = api.load_remover("person", model=file)
        assert api.load_remover("person", model=file) is first
        monkeypatch.chdir(tmp_path / "y")
        assert api.load_remover("person", model=file) is not first

    def test_no_more_than_a_few_are_kept(self) -> None:
        first = api.load_remover("contour", low=1)
        for low in range(2, 2 + api.KEPT_REMOVERS):
            api.load_remover("contour", low=low)
        assert api.load_remover("contour", low=1) is not first

    def test_threads_that_come_at_once_share_one(self, red_model: Path) -> None:
        def load(_: int) -> Remover:
            return api.load_remover("person", model=red_model, threshold=0.125)

        with ThreadPoolExecutor(4) as pool:
            assert len(set(map(id, pool.map(load, range(8))))) == 1

    def test_what_failed_to_load_is_tried_again(self, red_model: Path, tmp_path: Path) -> None:
        path = tmp_path / "later.onnx"
        with pytest.raises(ModelNotFoundError, match=r"later\.onnx"):
            api.load_remover("person", model=path)
        path.write_bytes(red_model.read_bytes())
        path.with_name("card.json").write_bytes(red_model.with_name("card.json").read_bytes())
        assert isinstance(api.load_remover("person", model=path), PersonRemover)

    @pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
    def test_a_threshold_outside_0_to_1_is_refused(self, threshold: float) -> None:
        with pytest.raises(OptionError, match="threshold must be a number in 0…1"):
            api.load_remover("person", threshold=threshold)

    @pytest.mark.parametrize(
        ("method", "options", "message"),
        [
            ("person", {"model": api.models()[0]}, "model must be a name or a path, got a Model"),
            ("contour", {"box": np.ones((1, 4))}, "box must be 4 numbers, got array"),
            ("contour", {"box": 5}, "box must be 4 numbers, got 5"),
            ("contour", {"point": np.array(5)}, "point must be 2 numbers, got array"),
            ("contour", {"edges": ["soft"]}, "edges must be one of soft, hard, fine, got"),
        ],
    )
    def test_what_no_cache_can_hold_is_told(
        self, method: str, options: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(OptionError, match=message):
            api.load_remover(method, **options)

    def test_a_gpu_that_is_not_there_is_an_error(self, red_model: Path) -> None:
        from bgremove.devices import has_driver

        if has_driver():
            pytest.skip("there is an NVIDIA driver")
        with pytest.raises((DeviceError, MissingExtraError), match="gpu"):
            api.load_remover("person", model=red_model, device="gpu")


class TestMethods:
    @pytest.mark.parametrize("name", sorted(METHODS))
    def test_every_method_is_where_the_table_says_and_takes_what_it_says(self, name: str) -> None:
        remover = remover_class(name)
        assert issubclass(remover, Remover)
        parameters = inspect.signature(remover).parameters.values()
        assert {p.name for p in parameters} == set(METHODS[name].options)
        assert all(p.kind is p.KEYWORD_ONLY for p in parameters)

    def test_an_unknown_method_is_told_with_the_known_and_the_nearest(self) -> None:
        with pytest.raises(
            OptionError,
            match="method must be one of auto, person, subject, contour, got 'persons'; "
            "did you mean person",
        ):
            find_method("persons")

    def test_the_object_method_is_called_contour(self) -> None:
        with pytest.raises(OptionError, match="got 'object'; did you mean contour"):
            api.load_remover("object")

    def test_what_resembles_nothing_gets_no_hint(self) -> None:
        with pytest.raises(OptionError, match=r"got 'xyz'$"):
            api.load_remover("xyz")

    def test_what_is_no_name_is_an_unknown_method_too(self) -> None:
        with pytest.raises(OptionError, match=r"got \['person'\]"):
            api.load_remover(["person"])  # type: ignore[arg-type]

    def test_options_of_another_method_are_refused(self) -> None:
        with pytest.raises(
            OptionError,
            match="the contour method has no option model, threshold; it takes edges, low, high",
        ):
            api.load_remover("contour", model="x", threshold=0.5)

    def test_options_of_the_method_pass(self) -> None:
        check_options("person", ["model", "edges"])


class TestModels:
    def test_every_shipped_card_is_complete(self) -> None:
        cards = api.models()
        assert "tiramisu" in [card.name for card in cards]
        assert all(card.metrics and card.weights and card.licence for card in cards)
