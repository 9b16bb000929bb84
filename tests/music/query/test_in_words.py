"""Queries as a heading says them."""

from __future__ import annotations

from query_cases import CASES

from map4.music.query.in_words import query_in_words


def test_queries_are_described_in_words() -> None:
    cases = [
        ("", "All tracks"),
        ("is:any sort:bpm limit:5", "All tracks"),
        ("genre:house energy:7..", "House, energy 7 and more"),
        ("bpm:120..128 key:~8A ^genre:rock", "Tempo 120 to 128 BPM, in a key that mixes with 8A, not rock"),
        ("bpm:~174", "Tempo 174 BPM, half or double"),
        ("daft punk or artist:mute", "“daft”, “punk” or mute"),
        ("added:-2w", "Added in the last 2 weeks"),
        ("played:..-6m plays:5..", "Last played until 6 months ago, plays 5 and more"),
        ("added:2026-01.. year:..1999", "Added since 2026-01, year up to 1999"),
        ("missing:bpm has:mix-in", "Without tempo, with mix-in"),
        ("is:doubtful key:8A,9A", "Tempo or key less than half sure, in 8A or 9A"),
        ("label:lantern", "Label lantern"),
    ]
    assert [(query, query_in_words(query)) for query, _ in cases] == cases


def test_every_query_has_words() -> None:
    assert all(query_in_words(query) for query, _ in CASES)
