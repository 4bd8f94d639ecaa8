"""Each set of photos has an origin with terms."""

import pytest

from bgremove.errors import DataError
from bgremove.training.terms import ORIGINS, origin


def test_a_set_gives_its_source_and_terms() -> None:
    assert origin("pennfudan").source == "Penn-Fudan"
    assert origin("pennfudan").terms == "none stated"


def test_a_set_without_terms_is_an_error() -> None:
    with pytest.raises(DataError, match=r"holiday_photos: expected one of aisegment_sample, .*add"):
        origin("holiday_photos")


def test_no_origin_is_left_blank() -> None:
    assert all(known.source and known.terms for known in ORIGINS.values())
