from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.insurer.signing.sm2 import der
from mi_bridge.insurer.signing.sm2.curve import (
    DEFAULT_USER_ID,
    A,
    B,
    G,
    N,
    on_curve,
    point_bytes,
    public_point,
    sm3,
    user_hash,
)


def test_sm3_of_the_standards_example() -> None:
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_the_generator_is_on_the_curve() -> None:
    assert on_curve(G)
    assert public_point(1) == G


def test_a_point_beside_the_curve_is_not_on_it() -> None:
    assert not on_curve((G[0], G[1] + 1))
    assert not on_curve((-1, G[1]))


def test_the_largest_scalar_gives_the_generators_opposite() -> None:
    x, y = public_point(N - 1)
    assert x == G[0]
    assert y != G[1]


def test_the_standards_example_of_z() -> None:
    scalar = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
    z = user_hash(public_point(scalar), DEFAULT_USER_ID)
    assert z.hex().upper() == "B2E14C5C79C6DF5B85F4FE7ED8DB7A262B9DA7E07CCB0EA9F4747B8CCDA8A4F3"


@given(st.integers(1, N - 2))
def test_every_public_point_is_on_the_curve(scalar: int) -> None:
    assert on_curve(public_point(scalar))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
def test_openssl_computes_the_same_public_points() -> None:
    for scalar in (2, 3, 0xC0FFEE, N - 2, N // 3):
        raw = scalar.to_bytes(32, "big")
        without_point = der._tlv(0x30, b"\x02\x01\x01" + der._tlv(0x04, raw) + _CURVE)
        text = subprocess.run(
            ["openssl", "ec", "-inform", "DER", "-pubout", "-outform", "DER"],
            input=without_point,
            capture_output=True,
            check=True,
        ).stdout
        assert text[-64:] == point_bytes(public_point(scalar)), hex(scalar)


def test_the_numbers_belong_together() -> None:
    assert (G[1] ** 2 - G[0] ** 3 - A * G[0] - B) % (A + 3) == 0


_CURVE = bytes.fromhex("a00a06082a811ccf5501822d")
