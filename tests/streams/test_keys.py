"""API keys as texts."""

from __future__ import annotations

import hashlib

import pytest

from streams.keys import PREFIX_LENGTH, could_be_key, digest_of, generate_key, is_same


def test_keys_differ_have_the_shape_and_can_travel_as_a_subprotocol() -> None:
    keys = {generate_key().text for _ in range(1000)}
    assert len(keys) == 1000
    for key in keys:
        assert could_be_key(key)
        assert set(key) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def test_the_prefix_says_nothing_of_the_secret_and_the_digest_is_sha256() -> None:
    key = generate_key()
    assert key.text.startswith(key.prefix)
    assert len(key.prefix) == PREFIX_LENGTH
    assert len(key.text) - PREFIX_LENGTH - 1 == 43, "256 bits"
    assert key.digest == hashlib.sha256(key.text.encode()).hexdigest()


def test_a_new_key_does_not_show_itself() -> None:
    key = generate_key()
    assert key.text not in repr(key)
    assert key.text not in f"{key}"


@pytest.mark.parametrize(
    "text", ["", "fq_", "fq_00000000_" + "A" * 42, "fq_0000000g_" + "A" * 43, "é", "\ud800", "\x00"]
)
def test_other_texts_are_no_keys_but_have_a_digest(text: str) -> None:
    assert not could_be_key(text)
    assert not is_same(digest_of(text), generate_key().digest)
    assert is_same(digest_of(text), digest_of(text))
