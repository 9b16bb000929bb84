"""Columns of candidates, and which of them are the same recording."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from selection.small_libraries import library

from map4.selection.candidates import NO_GROUP, number_groups, number_recordings


def test_columns_are_of_one_length() -> None:
    with pytest.raises(ValueError, match=r"bpm has shape \(2,\), rows has \(3,\)"):
        replace(library([120, 121, 122]), bpm=np.array([120.0, 121.0]))


def test_rows_are_taken_in_order() -> None:
    taken = library([120, 121, 122], similarity=[0.1, 0.2, 0.3], goal_similarity=[1, 2, 3]).take(np.array([2, 0]))
    assert taken.rows.tolist() == [2, 0]
    assert taken.bpm.tolist() == [122, 120]
    assert taken.goal_similarity is not None
    assert taken.goal_similarity.tolist() == [3, 1]
    assert len(taken) == 2


def test_names_that_differ_in_case_and_blanks_are_one() -> None:
    assert number_groups(["Björk", None, "BJÖRK ", "", "Daft Punk"]).tolist() == [1, NO_GROUP, 1, NO_GROUP, 2]


def same(audio: list[int], artist: list[int], title: list[int], seconds: list[float]) -> list[list[int]]:
    numbers = number_recordings(
        np.array(audio), np.array(artist), np.array(title), np.array(seconds, dtype=float)
    ).tolist()
    return [[i for i, number in enumerate(numbers) if number == wanted] for wanted in dict.fromkeys(numbers)]


def test_a_recording_is_known_by_its_audio_or_by_names_and_length() -> None:
    assert same([0, 1, 0], [-1, -1, -1], [-1, -1, -1], [100, 100, 100]) == [[0, 2], [1]]
    assert same([0, 1, 2], [5, 5, 5], [7, 7, 8], [200, 203, 200]) == [[0, 1], [2]]
    assert same([0, 1], [5, 5], [7, 7], [200, 203.1]) == [[0], [1]]
    assert same([0, 1], [5, 6], [7, 7], [200, 200]) == [[0], [1]]
    assert same([0, 1], [5, 5], [NO_GROUP, NO_GROUP], [200, 200]) == [[0], [1]]


def test_an_unknown_length_goes_with_any_and_links_chain() -> None:
    assert same([0, 1], [5, 5], [7, 7], [200, math.nan]) == [[0, 1]]
    assert same([0, 1, 2], [5, 5, 5], [7, 7, 7], [200, 202, 204]) == [[0, 1, 2]]
    # By audio 0 and 3, by names 3 and 1: all one.
    assert same([0, 1, 2, 0], [4, 5, 6, 5], [7, 7, 7, 7], [200, 201, 200, 200]) == [[0, 1, 3], [2]]
