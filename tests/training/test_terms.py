"""Each set of photos has an origin with terms."""

import pytest

from bgremove.errors import DataError
from bgremove.training.terms import ORIGINS, origin_of


def test_a_set_gives_its_source_and_terms() -> None:
    known = origin_of("pennfudan", {})
    assert (known.source, known.terms) == ("Penn-Fudan", "none stated")


def test_a_set_without_terms_is_an_error() -> None:
    with pytest.raises(DataError, match=r'holiday: .*under \[terms\]: holiday = "\.\.\."'):
        origin_of("holiday", {"other": "ours"})


def test_a_config_states_the_terms_of_its_own_sets() -> None:
    assert origin_of("holiday", {"holiday": "ours"}).terms == "ours"


def test_no_origin_is_left_blank() -> None:
    assert all(known.source and known.terms for known in ORIGINS.values())
