"""Each score worked out by hand once, then its ranges and symmetries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from bgremove.evaluation import metrics
from bgremove.evaluation.metrics import Counts

SHAPE = (4, 6)
EVERYWHERE = np.ones(SHAPE, np.bool_)
NOWHERE = np.zeros(SHAPE, np.bool_)
masks = arrays(np.bool_, SHAPE)
alphas = arrays(np.float32, SHAPE, elements=st.floats(0, 1, width=32))


def columns(*chosen: int) -> np.ndarray:
    """A mask of whole columns: 4 pixels each, of 24."""
    mask = np.zeros(SHAPE, np.bool_)
    mask[:, list(chosen)] = True
    return mask


@pytest.mark.parametrize(
    ("found", "truth", "expected"),
    [
        pytest.param(columns(0, 1), columns(0, 1), Counts(8, 0, 0, 16), id="perfect"),
        pytest.param(columns(0, 1), columns(4, 5), Counts(0, 8, 8, 8), id="disjoint"),
        pytest.param(columns(0, 1), columns(1, 2), Counts(4, 4, 4, 12), id="half"),
        pytest.param(NOWHERE, NOWHERE, Counts(0, 0, 0, 24), id="both empty"),
        pytest.param(EVERYWHERE, EVERYWHERE, Counts(24, 0, 0, 0), id="all subject"),
        pytest.param(EVERYWHERE, NOWHERE, Counts(0, 24, 0, 0), id="all wrong"),
    ],
)
def test_every_pixel_is_counted_once_by_what_it_is(found, truth, expected):
    assert metrics.count(found, truth, EVERYWHERE) == expected


def test_void_pixels_are_not_counted():
    counts = metrics.count(columns(0, 1), columns(1, 2), counted=~columns(0, 5))
    assert counts == Counts(tp=4, fp=0, fn=4, tn=8)


@pytest.mark.parametrize(
    ("counts", "iou", "two_class"),
    [
        pytest.param(Counts(8, 0, 0, 16), 1, 1, id="perfect"),
        pytest.param(Counts(0, 8, 8, 8), 0, (0 + 8 / 24) / 2, id="disjoint"),
        pytest.param(Counts(4, 4, 4, 12), 4 / 12, (4 / 12 + 12 / 20) / 2, id="half"),
        pytest.param(Counts(0, 0, 0, 24), 1, 1, id="both empty"),
        pytest.param(Counts(24, 0, 0, 0), 1, 1, id="all subject"),
        pytest.param(Counts(0, 24, 0, 0), 0, 0, id="all wrong"),
        pytest.param(Counts(0, 0, 0, 0), 1, 1, id="all void"),
    ],
)
def test_iou_and_two_class_miou_are_those_worked_out_by_hand(counts, iou, two_class):
    assert metrics.iou(counts) == pytest.approx(iou)
    assert metrics.two_class_miou(counts) == pytest.approx(two_class)


@given(found=masks, truth=masks, counted=masks)
def test_iou_and_miou_are_shares_that_do_not_depend_on_which_mask_is_the_truth(
    found, truth, counted
):
    one, other = metrics.count(found, truth, counted), metrics.count(truth, found, counted)
    assert 0 <= metrics.iou(one) <= 1
    assert metrics.iou(one) == metrics.iou(other)
    assert metrics.two_class_miou(one) == metrics.two_class_miou(other)
    assert metrics.two_class_miou(one) == metrics.two_class_miou(one.background)


def test_a_boundary_is_as_wide_as_two_percent_of_the_diagonal():
    mask = np.zeros((60, 80), np.bool_)
    mask[10:50, 10:70] = True
    expected = mask.copy()
    expected[12:48, 12:68] = False
    assert_array_equal(metrics.boundary(mask), expected)


def test_a_boundary_runs_along_the_border_of_the_photo():
    expected = np.ones((60, 80), np.bool_)
    expected[2:58, 2:78] = False
    assert_array_equal(metrics.boundary(np.ones((60, 80), np.bool_)), expected)


def test_a_boundary_is_at_least_one_pixel_wide():
    expected = np.ones(SHAPE, np.bool_)
    expected[1:3, 1:5] = False
    assert_array_equal(metrics.boundary(EVERYWHERE), expected)


@pytest.mark.parametrize(
    ("found", "truth", "expected"),
    [
        pytest.param(EVERYWHERE, EVERYWHERE, 1, id="perfect"),
        pytest.param(columns(0, 1), columns(4, 5), 0, id="disjoint"),
        pytest.param(columns(0, 1), columns(1, 2), 4 / 12, id="half"),
        pytest.param(EVERYWHERE, columns(0, 1, 2, 3, 4), 12 / 18, id="one column too wide"),
        pytest.param(NOWHERE, NOWHERE, 1, id="both empty"),
    ],
)
def test_boundary_iou_is_that_worked_out_by_hand(found, truth, expected):
    assert metrics.boundary_iou(found, truth, EVERYWHERE) == pytest.approx(expected)


def test_boundary_iou_leaves_void_pixels_out():
    score = metrics.boundary_iou(columns(0, 1), columns(1, 2), counted=~columns(0))
    assert score == pytest.approx(4 / 8)


@given(found=masks, truth=masks, counted=masks)
def test_boundary_iou_is_a_share_that_does_not_depend_on_which_mask_is_the_truth(
    found, truth, counted
):
    score = metrics.boundary_iou(found, truth, counted)
    assert 0 <= score <= 1
    assert score == metrics.boundary_iou(truth, found, counted)


@given(mask=masks)
def test_a_boundary_lies_in_its_mask_and_is_empty_only_with_it(mask):
    edge = metrics.boundary(mask)
    assert not (edge & ~mask).any()
    assert edge.any() == mask.any()


def test_differences_are_those_worked_out_by_hand():
    alpha, truth = np.full(SHAPE, 0.25, np.float32), columns(0).astype(np.float32)
    total = 4 * 0.75 + 20 * 0.25
    assert metrics.mean_absolute_error(alpha, truth, EVERYWHERE) == pytest.approx(total / 24)
    assert metrics.sum_of_absolute_differences(alpha, truth, EVERYWHERE) == total / 1000


def test_differences_at_void_pixels_do_not_count():
    alpha, truth = np.full(SHAPE, 0.25, np.float32), columns(0).astype(np.float32)
    assert metrics.mean_absolute_error(alpha, truth, ~columns(0)) == pytest.approx(0.25)
    assert metrics.mean_absolute_error(alpha, truth, NOWHERE) == 0
    assert metrics.sum_of_absolute_differences(alpha, truth, NOWHERE) == 0


@given(alpha=alphas, truth=alphas, counted=masks)
def test_differences_are_symmetric_and_vanish_between_equals(alpha, truth, counted):
    error = metrics.mean_absolute_error(alpha, truth, counted)
    assert 0 <= error <= 1
    assert error == metrics.mean_absolute_error(truth, alpha, counted)
    assert metrics.mean_absolute_error(alpha, alpha, counted) == 0


def three_levels() -> np.ndarray:
    """Alpha 1 in columns 0 and 1, 100/255 in 2 and 3, 0 in 4 and 5."""
    alpha = np.zeros(SHAPE, np.float32)
    alpha[:, :2] = 1
    alpha[:, 2:4] = 100 / 255
    return alpha


def test_precision_and_recall_are_those_worked_out_by_hand_at_each_threshold():
    curves = metrics.curves(three_levels(), columns(0, 2, 4), EVERYWHERE)
    precision = [0.5] * 256
    recall = [1] + [2 / 3] * 100 + [1 / 3] * 155
    assert_allclose(curves.precision, precision)
    assert_allclose(curves.recall, recall)


def test_f_beta_weighs_precision_as_the_papers_do():
    curves = metrics.curves(three_levels(), columns(0, 1, 2), EVERYWHERE)
    everything = 1.3 * 0.5 * 1 / (0.3 * 0.5 + 1)
    four_columns = 1.3 * 0.75 * 1 / (0.3 * 0.75 + 1)
    two_columns = 1.3 * 1 * (2 / 3) / (0.3 * 1 + 2 / 3)
    expected = [everything] + [four_columns] * 100 + [two_columns] * 155
    assert_allclose(metrics.f_beta(curves), expected)


def test_a_perfect_mask_has_an_f_beta_of_one_above_threshold_zero():
    curves = metrics.curves(columns(1, 2).astype(np.float32), columns(1, 2), EVERYWHERE)
    assert_allclose(metrics.f_beta(curves)[1:], 1)


@pytest.mark.parametrize(
    ("alpha", "truth"),
    [
        pytest.param(columns(0), columns(5), id="disjoint"),
        pytest.param(NOWHERE, EVERYWHERE, id="nothing found"),
        pytest.param(EVERYWHERE, NOWHERE, id="nothing there"),
        pytest.param(NOWHERE, NOWHERE, id="both empty"),
    ],
)
def test_f_beta_is_zero_above_threshold_zero_where_nothing_is_found_rightly(alpha, truth):
    curves = metrics.curves(alpha.astype(np.float32), truth, EVERYWHERE)
    assert_array_equal(metrics.f_beta(curves)[1:], 0)


def test_curves_leave_void_pixels_out():
    curves = metrics.curves(three_levels(), columns(0, 1, 2), counted=~columns(3))
    assert_allclose(curves.precision, [3 / 5] + [1] * 255)


@given(alpha=alphas, truth=masks, counted=masks)
def test_recall_never_grows_with_the_threshold_and_all_are_shares(alpha, truth, counted):
    curves = metrics.curves(alpha, truth, counted)
    assert (np.diff(curves.recall) <= 0).all()
    for shares in (curves.precision, curves.recall, metrics.f_beta(curves)):
        assert shares.shape == (256,)
        assert shares.min() >= 0
        assert shares.max() <= 1 + 1e-12


def test_curves_are_averaged_threshold_by_threshold():
    perfect = metrics.curves(columns(0).astype(np.float32), columns(0), EVERYWHERE)
    missed = metrics.curves(columns(0).astype(np.float32), columns(1), EVERYWHERE)
    mean = metrics.mean_curves([perfect, missed])
    assert_allclose(mean.precision, [4 / 24] + [0.5] * 255)
    assert_allclose(mean.recall, [1] + [0.5] * 255)
