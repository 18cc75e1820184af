"""Encryption, keyed hashes and signed tokens for personal values; the keys come from the settings."""

import base64
import hashlib
import hmac
import os
import unicodedata
import uuid
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

from bopis.errors import NotFoundError

NONCE_BYTES = 12  # NIST SP 800-38D, section 8.2: 96 bits for random nonces
MAC_BYTES = 16  # half of HMAC-SHA256: 128 bits, too many to guess, and the link stays short


class InvalidTokenError(NotFoundError):
    """The link was not made here, or was changed on its way."""

    code = "invalid-token"


class DecryptionError(Exception):
    """A stored value was changed, or its key is no longer among BOPIS_KEYS: an operator must look."""


def encrypt(plain: str) -> str:
    """Encrypt text under the newest key; the same text gives another result each time."""
    return base64.urlsafe_b64encode(encrypt_bytes(plain.encode())).decode()


def decrypt(cipher: str) -> str:
    """
    Return the text that `encrypt` was given.

    :raises DecryptionError: if it was tampered with or its key is gone.
    """
    try:
        return decrypt_bytes(base64.urlsafe_b64decode(cipher.encode())).decode()
    except ValueError as error:
        raise DecryptionError("stored value is not a cipher text") from error


def encrypt_bytes(plain: bytes) -> bytes:
    """Encrypt bytes under the newest key: key id, colon, nonce, AES-GCM cipher text with its tag."""
    key_id, key = settings.BOPIS_KEYS[0]
    nonce = os.urandom(NONCE_BYTES)
    head = key_id.encode() + b":"
    return head + nonce + _cipher(key).encrypt(nonce, plain, head)


def decrypt_bytes(cipher: bytes) -> bytes:
    """
    Return the bytes that `encrypt_bytes` was given, under whichever known key it was.

    :raises DecryptionError: if it was tampered with or its key is gone.
    """
    key_id, _, body = cipher.partition(b":")
    key = dict(settings.BOPIS_KEYS).get(key_id.decode(errors="replace"))
    if key is None:
        raise DecryptionError("stored value was encrypted under a key that is not in BOPIS_KEYS")
    try:
        return _cipher(key).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], key_id + b":")
    except (InvalidTag, ValueError) as error:
        raise DecryptionError("stored value was changed") from error


def keyed_hash(value: str, *, purpose: str) -> str:
    """
    Return the hex HMAC-SHA256 by which a personal value is found again without being readable.

    Its key never rotates with the encryption keys: a hash that moved would find nothing.
    The purpose keeps the same value under two purposes from being linked.
    """
    return _mac(settings.BOPIS_HASH_KEY, purpose, value.encode()).hex()


def sign_token(subject: uuid.UUID, *, purpose: str) -> str:
    """Return a 43 character link token for the subject; nothing is stored, the same each time."""
    key = settings.BOPIS_KEYS[0][1]
    return _to_text(subject.bytes + _mac(key, purpose, subject.bytes)[:MAC_BYTES])


def read_token(token: str, *, purpose: str) -> uuid.UUID:
    """
    Return the subject of a token, without asking the database, in constant time.

    :raises InvalidTokenError: if no key we know signed this subject for this purpose.
    """
    raw = _from_text(token)
    subject, mac = raw[:16], raw[16:]
    genuine = [_mac(key, purpose, subject)[:MAC_BYTES] for _, key in settings.BOPIS_KEYS]
    matches = [hmac.compare_digest(mac, expected) for expected in genuine]  # all, whichever fits first
    if len(raw) != 16 + MAC_BYTES or not any(matches):
        raise InvalidTokenError("this link is not valid")
    return uuid.UUID(bytes=subject)


def normalize_plate(text: str) -> str:
    """Return the plate as A-Z and 0-9 only, upper case; accents fall away, as cameras do not read them."""
    folded = unicodedata.normalize("NFKD", text).upper()
    return "".join(letter for letter in folded if letter.isascii() and letter.isalnum())


class EncryptedTextField(models.TextField[Any, Any]):
    """
    Text that is plain in Python and encrypted in the database; the empty string stays empty.

    It cannot be searched: two encryptions of one text differ. Keep a `keyed_hash` beside it for that.
    """

    def get_prep_value(self, value: Any) -> Any:
        plain = super().get_prep_value(value)
        return encrypt(plain) if plain else plain

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        return decrypt(value) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        # A comparison would silently never match; Django turns None into a FieldError.
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


def _mac(key: bytes, purpose: str, message: bytes) -> bytes:
    return hmac.digest(key, purpose.encode() + b"\0" + message, hashlib.sha256)


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> AESGCM:
    # Derived, so that the same master key never serves both AES-GCM and the tokens' HMAC.
    return AESGCM(_mac(key, "encryption", b"aes-256-gcm"))


def _to_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _from_text(token: str) -> bytes:
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""
    # One spelling only: base64 tolerates stray bits in its last letter, a link must not.
    return raw if _to_text(raw) == token else b""
