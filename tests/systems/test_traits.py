"""Quadratic or not, and the description of all traits."""

from __future__ import annotations

from systems_language import cavity_chains, hop, system_of

from counted import growth
from darkstate.systems import (
    Jump,
    Mode,
    Qubit,
    all_traits,
    create,
    describe,
    destroy,
    is_quadratic,
    number,
    sigma_z,
)

A, B, C = (Mode(k) for k in "ABC")
X, Y, Z = (Qubit(k) for k in "XYZ")


def test_quadratic():
    trait = is_quadratic(
        system_of(hop(create(A), create(B)) + 2.0, Jump(destroy(A) + create(B) + 1))
    )
    assert trait and trait.holds and trait.evidence is None


def test_the_first_term_of_too_high_degree_is_named():
    kerr = number(A) * number(A)
    trait = is_quadratic(system_of(number(B) + kerr))
    assert not trait and "1 A[++--] has degree 4 > 2" in trait.reason
    assert trait.evidence == create(A) * create(A) * destroy(A) * destroy(A)
    dephasing = is_quadratic(system_of(number(A), Jump(number(A))))
    assert "jump term 1 A[+-] has degree 2 > 1" in dephasing.reason
    qubit = is_quadratic(system_of(sigma_z(X)))
    assert not qubit and "Qubit('X') is not a bosonic mode" in qubit.reason


def test_description_has_one_line_a_trait():
    net = cavity_chains(2)
    text = describe(net)
    assert len(text.splitlines()) == len(all_traits(net)) == 5
    assert text.startswith("quadratic: yes; ")
    assert "A1 + A2 - B1 - B2" in text


def test_traits_of_long_chains_take_linear_time():
    quadratic, charge, symmetry, order, source = all_traits(cavity_chains(5_000))
    assert quadratic and charge and not symmetry and not order
    assert not source and "nothing but the source" in source.reason
    (only,) = charge.evidence
    assert set(only.values()) == {1, -1} and len(only) == 10_000
    assert growth(lambda count: all_traits(cavity_chains(count)), 12) < 2.3
    assert "(10000 in all)" in charge.reason
