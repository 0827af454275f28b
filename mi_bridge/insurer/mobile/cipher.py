"""How the data is encrypted: SM4 in ECB mode, in upper-case hexadecimal digits.

Source: several integrations' code (v1.0.0 and v2.0.1 alike). The key is made from what both sides know: the secret, encrypted by
SM4-ECB under the first 16 characters of ``appId``, written in hexadecimal; its first 16 characters. Padding is PKCS#7.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.padding import PKCS7

_KEY_LENGTH = 16
_BLOCK_BITS = 128


def derive_key(app_id: str, app_secret: str) -> bytes:
    """Return the key of one application, 16 bytes.

    Args:
        app_id: at least 16 ASCII characters.
        app_secret: the secret; any length.

    Raises:
        ValueError: ``app_id`` is too short.
    """
    secret = _encrypted(app_id[:_KEY_LENGTH].encode(), app_secret.encode())
    return secret.hex().upper()[:_KEY_LENGTH].encode()


class DataCipher:
    """Encrypts and decrypts the data of one application's messages.

    Args:
        key: from `derive_key`.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def encrypt(self, text: str) -> str:
        """Return ``encData``."""
        return _encrypted(self._key, text.encode()).hex().upper()

    def decrypt(self, enc_data: str) -> str:
        """Return the text in ``encData``.

        Raises:
            ValueError: it was not encrypted with this key, is damaged, or is no text.
        """
        data = bytes.fromhex(enc_data)
        decryptor = Cipher(SM4(self._key), modes.ECB()).decryptor()  # noqa: S305 - the platform's choice
        unpadder = PKCS7(_BLOCK_BITS).unpadder()
        padded = decryptor.update(data) + decryptor.finalize()
        return (unpadder.update(padded) + unpadder.finalize()).decode()


def _encrypted(key: bytes, plain: bytes) -> bytes:
    padder = PKCS7(_BLOCK_BITS).padder()
    encryptor = Cipher(SM4(key), modes.ECB()).encryptor()  # noqa: S305 - the platform's choice
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
