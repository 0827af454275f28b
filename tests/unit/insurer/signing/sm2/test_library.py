from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.signing.sm2 import Sm2Library, Sm2PrivateKey, openssl, sm2_library
from mi_bridge.insurer.signing.sm2.gmssl import GmsslLibrary
from mi_bridge.insurer.signing.sm2.openssl import OpensslLibrary


@pytest.fixture
def fresh() -> Iterator[None]:
    sm2_library.cache_clear()
    yield
    sm2_library.cache_clear()


def test_a_library_says_its_name_and_version(library: Sm2Library) -> None:
    assert any(digit.isdigit() for digit in library.name)


@pytest.mark.usefixtures("fresh")
def test_openssl_comes_first() -> None:
    found = OpensslLibrary.find()
    if found is None:
        pytest.skip("OpenSSL with SM2 is not on this machine")
    assert sm2_library().name == found.name


@pytest.mark.usefixtures("fresh")
def test_without_openssl_gmssl_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    if GmsslLibrary.find() is None:
        pytest.skip("gmssl-pyx is not on this machine")
    monkeypatch.setattr(openssl, "_names", lambda: ["libmi-bridge-nowhere.so"])
    assert sm2_library().name.startswith("gmssl-pyx")


@pytest.mark.usefixtures("fresh")
def test_without_any_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openssl, "_names", list)
    monkeypatch.setitem(sys.modules, "gmssl_pyx", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'mi-bridge\[sm2\]'"):
        sm2_library()


def test_a_library_without_openssls_functions_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openssl, "_names", lambda: ["libm.so.6"])
    assert OpensslLibrary.find() is None


def test_an_openssl_without_sm2_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpensslLibrary, "signer", _refusing)
    assert OpensslLibrary.find() is None


def test_looks_in_pythons_own_folders_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert openssl._names() == []


def test_a_python_without_a_library_for_ssl_takes_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "_ssl", ModuleType("_ssl"))
    assert openssl._names() == ["libcrypto.so.3"]


def test_openssl_says_when_it_does_not_sign(key: Sm2PrivateKey) -> None:
    found = OpensslLibrary.find()
    if found is None:
        pytest.skip("OpenSSL with SM2 is not on this machine")
    crypto = found._crypto
    refusing = _Refusing(crypto)
    with pytest.raises(RuntimeError, match="did not sign"):
        OpensslLibrary(refusing).signer(key)(bytes(32))
    refusing.refused = "d2i_AutoPrivateKey"
    with pytest.raises(RuntimeError, match="did not take the key"):
        OpensslLibrary(refusing).signer(key)
    refusing.refused = "EVP_PKEY_CTX_new_from_pkey"
    with pytest.raises(RuntimeError, match="no memory"):
        OpensslLibrary(refusing).verifier(key.public)(bytes(32), b"\1" * 64)


class _Refusing(ctypes.CDLL):
    """libcrypto, one of whose functions returns 0."""

    def __init__(self, crypto: ctypes.CDLL) -> None:
        self._real = crypto
        self.refused = "EVP_PKEY_sign"

    def __getattr__(self, name: str) -> Any:
        if name == self.refused:
            return lambda *_arguments: 0
        return getattr(self._real, name)


def _refusing(_library: object, _key: object) -> object:
    raise RuntimeError("no SM2")
