"""Suggestions for unknown names."""

from __future__ import annotations

from collections.abc import Iterable

from map4.errors import UsageError

_ALIKE = 0.6  # difflib's own cutoff: less similar names are useless suggestions
_ALIKE_BEGINNINGS = 0.75
_SHORTEST_BEGINNING = 3


def near_names(name: str, known: Iterable[str], most: int = 1) -> list[str]:
    """The known names that a name may mean, likeliest first.

    name: as typed; case is ignored, `-` and blanks count as `_`
    """
    typed = _plain(name)
    likenesses = {name: likeness for name in known if (likeness := _likeness(typed, _plain(name)))}
    return sorted(likenesses, key=lambda name: -likenesses[name])[:most]


def did_you_mean(
    name: str, known: Iterable[str], *, otherwise: str | None = None, written: str = "{}", most: int = 1
) -> str:
    """The end of a sentence: `did you mean strict?`, or if none is near, `there are strict, flexible, off`.

    otherwise: text instead of the latter
    written: how a name is shown, such as `{}:`
    most: maximum number of suggestions: `did you mean Warmup or Warmup 2?`
    """
    names = list(known)
    near = near_names(name, names, most)
    return meant(written.format(name) for name in near) or otherwise or f"there are {', '.join(names)}"


def meant(near: Iterable[str]) -> str:
    """`did you mean a, b or c?` for near names; empty if there are none."""
    *others, last = [*near] or [""]
    if not last:
        return ""
    return f"did you mean {', '.join(others)} or {last}?" if others else f"did you mean {last}?"


def no_such(what: str, name: str, known: Iterable[str]) -> UsageError:
    """The error for an unknown name; `what` is the kind of name."""
    return UsageError(f"there is no {what} '{name}'; {did_you_mean(name, known)}")


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_").replace(" ", "_")


def _likeness(typed: str, known: str) -> float:
    """From 0 (not meant) to 2; a name that starts with the typed text, or contains it as a word, wins."""
    if typed == known:
        return 2.0
    if len(typed) > 1 and (known.startswith(typed) or typed in known.split("_")):
        return 1.0 + len(typed) / (len(known) + 1)
    import difflib  # only who mistypes a name waits for it

    alike = difflib.SequenceMatcher(None, known, typed).ratio()
    if len(typed) >= _SHORTEST_BEGINNING:
        begun = difflib.SequenceMatcher(None, known[: len(typed) + 1], typed).ratio()
        if begun >= _ALIKE_BEGINNINGS:
            return max(alike, begun)
    return alike if alike >= _ALIKE else 0.0
