"""Patterns of files to leave out: what they match, and how long that takes."""

import time

import pytest

from map4.scan.patterns import MOST_LETTERS, PatternError, excludes, pattern_of


def is_excluded(path: str, *lines: str, is_folder: bool = False) -> bool:
    patterns = [pattern for line in lines if (pattern := pattern_of(line)) is not None]
    return excludes(patterns, path, is_folder=is_folder)


def test_patterns_match_as_git_check_ignore_does() -> None:
    matching = [
        ("a", "b/a"), ("/a", "a"), ("a/b", "a/b"), ("*", "a"), ("a*c", "abbc"), ("**/c", "a/b/c"), ("a/**/c", "a/c"),
        ("a/**/c", "a/b/b/c"), ("a/**", "a/b/c"), ("**", "a/b"), ("?", "ä"), ("[a-c]x", "bx"), ("[!a]", "b"),
        ("[^a]", "b"), ("[]a]", "]"), ("\\*", "*"), ("a\\ ", "a "), ("a  ", "a"), ("\\#a", "#a"), ("*a*b", "aabab"),
        ("**/*/x", "a/x"), ("***/b", "a/b"), ("a**b", "axyb"), ("a/*/**/d", "a/b/d"), ("*.w?v", "\n.wav"),
        ("x[\\]", "x\\"),
    ]  # fmt: skip
    apart = [
        ("/a", "b/a"), ("a/b", "c/a/b"), ("a*c", "a/c"), ("?", "/"), ("a[!b]c", "a/c"), ("a/**", "a"), ("*a", "ab"),
        ("a/*/c", "a/c"), ("*a*b", "aba"), ("\\*", "a"), ("#a", "#a"), ("/", "a"), ("", "a"), ("a//b", "a/b"),
    ]  # fmt: skip
    assert [(line, path) for line, path in matching if not is_excluded(path, line)] == []
    assert [(line, path) for line, path in apart if is_excluded(path, line)] == []
    assert [is_excluded(name, "*.wav", "!b.wav", "b.*", "!/b.flac") for name in ("a.wav", "b.wav", "b.flac")] == [
        True, True, False,
    ]  # fmt: skip
    assert [is_excluded("a", "a/", is_folder=is_folder) for is_folder in (True, False)] == [True, False]
    assert is_excluded("a", "*" * MOST_LETTERS)
    with pytest.raises(PatternError, match="is longer than 1,000 letters"):
        pattern_of("*" * (MOST_LETTERS + 1))


@pytest.mark.parametrize(
    "line",
    ["*a" * 7 + "b", "*a" * 499 + "b", "**/" * 50 + "*a" * 7 + "b", "**/a*a/" * 99 + "b", "*" + "[!b]" * 200 + "b"],
)
def test_many_stars_take_no_longer_than_the_name_is_long(line: str) -> None:
    names = ["a" * 250, "/".join(["a" * 20] * 100)]
    started = time.process_time()
    assert [is_excluded(name, line) for name in names] == [False, False]
    assert time.process_time() - started < 1.0
