"""The Camelot wheel with how many tracks stand at each key."""

from __future__ import annotations

from collections.abc import Mapping

from map4.domain.figures.shapes import Figure, Role, Shape, Wedge, Word, around
from map4.domain.key import Key, Notation

SIZE = 300.0
_CENTER = (SIZE / 2.0, SIZE / 2.0)
_RINGS: tuple[tuple[str, Role, float, float], ...] = (("A", "minor", 50.0, 97.0), ("B", "major", 99.0, 146.0))
_SECTOR_DEG = 30.0
_GAP_DEG = 0.7
# The emptiest key stays visible, the fullest leaves its number legible.
_FAINT, _STRONG = 0.06, 0.85


def camelot_wheel(keys: Mapping[str, int], *, notation: Notation = "camelot") -> Figure:
    """Draw the wheel: minor keys inside, major outside, twelve o'clock is 12.

    Parameters
    ----------
    keys : tracks by Camelot position; those that are absent count as 0
    notation : of the names on it
    """
    most = max(keys.values(), default=0)
    shapes: list[Shape] = []
    for letter, role, inner, outer in _RINGS:
        for number in range(1, 13):
            key = Key.from_camelot(number, letter)
            count = keys.get(key.camelot, 0)
            shapes += _sector(key, count, most, role=role, radii=(inner, outer), name=key.in_notation(notation))
    total = sum(keys.values())
    shapes.append(Word(at=(_CENTER[0], _CENTER[1] + 4.0), text=f"{total:,}", size=20.0, anchor="middle", bold=True))
    shapes.append(
        Word(
            at=(_CENTER[0], _CENTER[1] + 18.0),
            text="track" if total == 1 else "tracks",
            role="muted",
            anchor="middle",
        )
    )
    fullest = sorted(((n, k) for k, n in keys.items() if n), reverse=True)[:3]
    told = ", ".join(f"{name} {count}" for count, name in fullest)
    return Figure(
        title="Keys on the Camelot wheel",
        description=f"{total} tracks with a key. " + (f"Most at: {told}." if told else "No key is known."),
        width=SIZE,
        height=SIZE,
        shapes=tuple(shapes),
    )


def _sector(key: Key, count: int, most: int, *, role: Role, radii: tuple[float, float], name: str) -> list[Shape]:
    middle_deg = _SECTOR_DEG * (key.camelot_number % 12)
    inner, outer = radii
    share = count / most if most else 0.0
    x, y = around(_CENTER, (inner + outer) / 2.0, middle_deg)
    return [
        Wedge(
            center=_CENTER,
            inner=inner,
            outer=outer,
            start_deg=middle_deg - _SECTOR_DEG / 2.0 + _GAP_DEG,
            end_deg=middle_deg + _SECTOR_DEG / 2.0 - _GAP_DEG,
            role=role,
            opacity=_FAINT + (_STRONG - _FAINT) * share,
            hint=f"{name} ({key.name}): {count:,} {'track' if count == 1 else 'tracks'}",
        ),
        Word(at=(x, y - 1.0), text=name, size=10.0, anchor="middle", bold=count > 0, role="text" if count else "muted"),
        *([Word(at=(x, y + 10.0), text=f"{count:,}", size=9.0, anchor="middle")] if count else []),
    ]
