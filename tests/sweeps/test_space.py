"""W&B's distributions: what is drawn, what is refused, and every point of a grid."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from anyonenet.errors import InputError
from sweeps.space import assembled, draw, grid_points, read_parameter, read_parameters

SHARES = np.linspace(0.0005, 0.9995, 2000)


def parameter(**about):
    return read_parameter(("x",), about)


def values(**about) -> np.ndarray:
    """The distribution's values at evenly spread probabilities."""
    found = parameter(**about)
    return np.array([found.value(found.at(float(share))) for share in SHARES])


CONTINUOUS = {
    "uniform": ({"min": -2.0, "max": 3.0}, stats.uniform(-2, 5)),
    "log_uniform": ({"min": -3.0, "max": 2.0}, stats.loguniform(math.exp(-3), math.exp(2))),
    "log_uniform_values": ({"min": 1e-4, "max": 10.0}, stats.loguniform(1e-4, 10)),
    "inv_log_uniform": ({"min": 1.0, "max": 3.0}, stats.loguniform(math.exp(-3), math.exp(-1))),
    "inv_log_uniform_values": ({"min": 0.5, "max": 3.0}, stats.loguniform(0.5, 3)),
    "normal": ({"mu": 1.0, "sigma": 2.0}, stats.norm(1, 2)),
    "log_normal": ({"mu": 0.1, "sigma": 0.5}, stats.lognorm(0.5, scale=math.exp(0.1))),
    "beta": ({"a": 2.0, "b": 5.0}, stats.beta(2, 5)),
}


@pytest.mark.parametrize("kind", CONTINUOUS)
def test_values_are_those_of_the_distribution(kind):
    settings, expected = CONTINUOUS[kind]
    np.testing.assert_allclose(values(distribution=kind, **settings), expected.ppf(SHARES), rtol=1e-9)


@pytest.mark.parametrize("kind", [kind for kind in CONTINUOUS if not kind.startswith("inv")])
def test_a_quantised_one_gives_the_nearest_multiples(kind):
    settings, expected = CONTINUOUS[kind]
    found = values(distribution=f"q_{kind}", **settings, q=0.25)
    np.testing.assert_allclose(found / 0.25, np.round(found / 0.25), atol=1e-9)
    assert np.abs(found - expected.ppf(SHARES)).max() <= 0.25
    assert np.all(np.diff(found) >= 0)


def test_multiples_keep_within_the_bounds():
    found = values(distribution="q_uniform", min=1, max=10, q=4)
    assert set(found) == {4, 8}
    assert all(isinstance(parameter(distribution="q_uniform", min=1, max=10, q=4).value(s), int) for s in (0.0, 0.9))


def test_whole_numbers_are_equally_likely_with_both_ends():
    found, times = np.unique(values(min=1, max=5), return_counts=True)
    assert list(found) == [1, 2, 3, 4, 5] and times.min() == times.max()


def test_the_distribution_follows_from_what_is_given():
    assert parameter(min=1, max=5).distribution == "int_uniform"
    assert parameter(min=1.0, max=5.0).distribution == "uniform"
    assert parameter(values=[1]).distribution == "categorical"
    assert parameter(values=[1, 2], probabilities=[0.5, 0.5]).distribution == "categorical_w_probabilities"
    assert parameter(value=3).constant


def test_categories_of_any_kind_come_back_as_they_were():
    choices = ["a", 1, 1.5, True, None, [24, 32], {"0": 5}]
    found = parameter(values=choices)
    assert [found.value(coordinate) for coordinate in found.coordinates] == choices
    drawn = [found.value(found.at(float(share))) for share in SHARES]
    assert [
        sum(value == choice and type(value) is type(choice) for value in drawn) for choice in choices
    ] == pytest.approx([len(SHARES) / 7] * 7, abs=2)


def test_probabilities_are_kept_to():
    found = values(values=["rare", "never", "often"], probabilities=[0.2, 0.0, 0.8])
    assert (found == "rare").mean() == pytest.approx(0.2, abs=0.001)
    assert "never" not in found


def test_nested_parameters_become_one_argument():
    described = {
        "lr": {"value": 0.1},
        "optimiser": {
            "parameters": {"name": {"values": ["adam", "sgd"]}, "inner": {"parameters": {"m": {"value": 0.9}}}}
        },
    }
    found = read_parameters(described)
    assert [one.name for one in found] == ["lr", "optimiser.name", "optimiser.inner.m"]
    given = assembled(found, {"lr": 0.1, "optimiser.name": "sgd", "optimiser.inner.m": 0.9})
    assert given == {"lr": 0.1, "optimiser": {"name": "sgd", "inner": {"m": 0.9}}}


def test_a_grid_has_every_combination_once():
    found = read_parameters(
        {
            "a": {"values": ["x", "y"]},
            "b": {"min": 1, "max": 3},
            "c": {"distribution": "q_uniform", "min": 0.0, "max": 1.0, "q": 0.5},
            "d": {"value": 7},
        }
    )
    points = [tuple(one.value(point[one.name]) for one in found if not one.constant) for point in grid_points(found)]
    assert points == [(a, b, c) for a in "xy" for b in (1, 2, 3) for c in (0.0, 0.5, 1.0)]


def test_a_draw_depends_on_seed_number_and_name_alone():
    found = read_parameters({"a": {"min": 0.0, "max": 1.0}, "b": {"min": 0.0, "max": 1.0}})
    drawn = [[draw(one, seed, number) for one in found] for seed in (0, 1) for number in range(100)]
    assert drawn[3] == [draw(one, 0, 3) for one in found]
    assert len({value for pair in drawn for value in pair}) == 400


@pytest.mark.parametrize(
    "about, said",
    [
        ({"values": []}, "x: values must be a list that is not empty"),
        ({"values": [1, 1]}, "x: 1 stands twice"),
        ({"values": [1, 2], "probabilities": [1.0]}, "2 values need as many probabilities"),
        ({"min": 1}, "x: uniform needs max"),
        ({"min": 1, "max": 2.0}, "both as whole numbers or both with a decimal point"),
        ({"min": 3.0, "max": 1.0}, "min 3.0 is above max 1.0"),
        ({"min": "1e-4", "max": 1.0}, r"min is '1e-4', not a number; write 1.0e-04 \(YAML wants the point\)"),
        ({"distribution": "log_uniform_values", "min": 0.0, "max": 1.0}, "needs min above 0"),
        ({"distribution": "normal", "sigma": 0}, "sigma must be above 0"),
        ({"distribution": "gauss"}, "no distribution 'gauss'; there are constant, categorical"),
        ({"distribution": "uniform", "min": 0.0, "max": 1.0, "q": 1}, "uniform does not know q; it has min, max"),
        ("wide", "expected value, values or min and max, got 'wide'"),
    ],
)
def test_what_is_not_understood_is_named(about, said):
    with pytest.raises(InputError, match=said):
        read_parameter(("x",), about)


def test_a_grid_of_real_numbers_is_refused():
    with pytest.raises(InputError, match="parameter a: a grid needs values, whole numbers or q_uniform, not uniform"):
        grid_points(read_parameters({"a": {"min": 0.0, "max": 1.0}}))
