"""Encryption, keyed hashes, link tokens, plates."""

import os
import uuid

import pytest
from django.core.exceptions import FieldError
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from bopis import privacy
from bopis.models import IdempotencyRecord

SUBJECT = uuid.UUID("0b8f0e1e-6f0e-4f6e-9d8a-0123456789ab")


class TestEncrypt:
    @pytest.mark.parametrize("plain", ["AB-123-CD", "Léa Müller", "", "x" * 10_000])
    def test_is_undone_by_decrypt(self, plain):
        assert privacy.decrypt(privacy.encrypt(plain)) == plain

    def test_gives_another_result_each_time_and_never_the_text(self):
        once, again = privacy.encrypt("AB123CD"), privacy.encrypt("AB123CD")

        assert once != again
        assert "AB123CD" not in once

    def test_uses_the_newest_key_and_still_reads_the_older_ones(self, settings):
        old = privacy.encrypt("AB123CD")

        settings.BOPIS_KEYS = [("new1", os.urandom(32)), *settings.BOPIS_KEYS]

        assert privacy.encrypt_bytes(b"").startswith(b"new1:")
        assert privacy.decrypt(old) == "AB123CD"


class TestDecrypt:
    def test_refuses_what_was_changed(self):
        cipher = bytearray(privacy.encrypt_bytes(b"AB123CD"))
        cipher[-1] ^= 1

        with pytest.raises(privacy.DecryptionError):
            privacy.decrypt_bytes(bytes(cipher))

    def test_refuses_a_key_that_is_gone(self, settings):
        cipher = privacy.encrypt("AB123CD")
        settings.BOPIS_KEYS = [("other", os.urandom(32))]

        with pytest.raises(privacy.DecryptionError):
            privacy.decrypt(cipher)

    @pytest.mark.parametrize("cipher", ["", "AB123CD", "ä", "ZGV2MTphYmM="])
    def test_refuses_what_is_no_cipher_text(self, cipher):
        with pytest.raises(privacy.DecryptionError):
            privacy.decrypt(cipher)


class TestKeyedHash:
    def test_is_the_same_for_the_same_value_also_after_a_rotation(self, settings):
        before = privacy.keyed_hash("AB123CD", purpose="plate")
        settings.BOPIS_KEYS = [("new1", os.urandom(32)), *settings.BOPIS_KEYS]

        assert privacy.keyed_hash("AB123CD", purpose="plate") == before
        assert len(before) == 64

    def test_differs_between_purposes_and_between_keys(self, settings):
        plate = privacy.keyed_hash("AB123CD", purpose="plate")
        mail = privacy.keyed_hash("AB123CD", purpose="mail")
        settings.BOPIS_HASH_KEY = os.urandom(32)

        assert len({plate, mail, privacy.keyed_hash("AB123CD", purpose="plate")}) == 3


class TestReadToken:
    def test_returns_who_was_signed(self):
        token = privacy.sign_token(SUBJECT, purpose="track")

        assert privacy.read_token(token, purpose="track") == SUBJECT
        assert len(token) == 43

    def test_reads_links_of_before_a_rotation(self, settings):
        token = privacy.sign_token(SUBJECT, purpose="track")
        settings.BOPIS_KEYS = [("new1", os.urandom(32)), *settings.BOPIS_KEYS]

        assert privacy.read_token(token, purpose="track") == SUBJECT

    def test_refuses_a_token_made_for_another_purpose(self):
        with pytest.raises(privacy.InvalidTokenError):
            privacy.read_token(privacy.sign_token(SUBJECT, purpose="track"), purpose="unsubscribe")

    @given(place=st.integers(0, 42), letter=st.sampled_from("Aa0_-z"))
    def test_refuses_a_token_with_any_letter_changed(self, place, letter):
        token = privacy.sign_token(SUBJECT, purpose="track")
        if token[place] == letter:
            return

        with pytest.raises(privacy.InvalidTokenError):
            privacy.read_token(token[:place] + letter + token[place + 1 :], purpose="track")

    @given(st.text(max_size=60))
    def test_refuses_any_other_text(self, text):
        with pytest.raises(privacy.InvalidTokenError) as refusal:
            privacy.read_token(text, purpose="track")
        assert (refusal.value.code, refusal.value.status) == ("invalid-token", 404)


class TestNormalizePlate:
    @pytest.mark.parametrize(
        ("text", "plate"),
        [("ab-123-cd", "AB123CD"), (" B·MW 12 34 ", "BMW1234"), ("MÜ-X 9", "MUX9"), ("١٢", ""), ("", "")],
    )
    def test_keeps_letters_and_digits_only(self, text, plate):
        assert privacy.normalize_plate(text) == plate

    @given(st.text())
    def test_changes_nothing_the_second_time(self, text):
        once = privacy.normalize_plate(text)

        assert privacy.normalize_plate(once) == once


@pytest.mark.django_db
class TestEncryptedTextField:
    def make(self, answer: str) -> IdempotencyRecord:
        return IdempotencyRecord.objects.create(
            actor="user:1", key="k" * 8, request_hash="", answer=answer, created_at=timezone.now()
        )

    def test_is_plain_in_python_and_unreadable_in_the_database(self):
        record = self.make("Léa Müller")

        with connection.cursor() as cursor:
            cursor.execute("SELECT answer FROM bopis_idempotencyrecord")
            (stored,) = cursor.fetchone()
        record.refresh_from_db()

        assert record.answer == "Léa Müller"
        assert "Müller" not in stored
        assert privacy.decrypt(stored) == "Léa Müller"

    def test_keeps_the_empty_string_empty(self):
        self.make("")

        with connection.cursor() as cursor:
            cursor.execute("SELECT answer FROM bopis_idempotencyrecord")
            assert cursor.fetchone() == ("",)

    def test_refuses_to_be_searched(self):
        with pytest.raises(FieldError):
            IdempotencyRecord.objects.filter(answer="Léa").exists()
