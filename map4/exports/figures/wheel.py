"""The Camelot wheel: tracks per key, or the keys that go with a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from map4.core.music.analysis.key import Key, Notation
from map4.core.music.mixing.harmony import KEY_FIT, RELATION_SCORES, key_relation
from map4.core.music.palette import ShapeRole
from map4.exports.figures.shapes import Figure, Shape, Wedge, Word, around

SIZE = 300.0
_CENTER = (SIZE / 2.0, SIZE / 2.0)
_RINGS: tuple[tuple[str, ShapeRole, float, float], ...] = (("A", "minor", 50.0, 97.0), ("B", "major", 99.0, 146.0))
_SECTOR_DEG = 30.0
_GAP_DEG = 0.7
# The emptiest key stays visible, the fullest leaves its number legible.
_FAINT, _STRONG = 0.1, 0.85
_LEAST_SCORE = min(RELATION_SCORES.values())


def camelot_wheel(keys: Mapping[str, int], *, notation: Notation = "camelot") -> Figure:
    """Draw the wheel: minor keys inside, major outside; 12 is at twelve o'clock.

    keys: tracks by Camelot position; absent positions count as 0
    """
    most = max(keys.values(), default=0)
    shapes: list[Shape] = []
    for key, role, radii in _sectors():
        count = keys.get(key.camelot, 0)
        name = key.in_notation(notation)
        hint = f"{name} ({key.name}): {count:,} {'track' if count == 1 else 'tracks'}"
        shapes += _sector(key, name, role, radii, share=count / most if most else 0.0, hint=hint, below=f"{count:,}")
    total = sum(keys.values())
    shapes.append(Word(at=(_CENTER[0], _CENTER[1] + 4.0), text=f"{total:,}", size=20.0, anchor="middle", bold=True))
    shapes.append(Word(at=(_CENTER[0], _CENTER[1] + 18.0), text="with a key", role="muted", anchor="middle", size=12.0))
    fullest = sorted(((n, k) for k, n in keys.items() if n), reverse=True)[:3]
    listed = ", ".join(f"{name} {count}" for count, name in fullest)
    return Figure(
        title="Keys on the Camelot wheel",
        description=f"{total} tracks with a key. " + (f"Most at: {listed}." if listed else "No key is known."),
        width=SIZE,
        height=SIZE,
        shapes=tuple(shapes),
    )


def key_partners(key: Key, *, notation: Notation = "camelot") -> Figure:
    """Draw which keys go with a key: the fuller a sector, the better; sectors of clashing keys are empty."""
    shapes: list[Shape] = []
    fitting = []
    for other, role, radii in _sectors():
        relation = key_relation(key, other)
        score = RELATION_SCORES[relation]
        name = other.in_notation(notation)
        fits = score >= KEY_FIT
        if fits and other != key:
            fitting.append((-score, name))
        share = (score - _LEAST_SCORE) / (1.0 - _LEAST_SCORE)
        hint = f"{name} ({other.name}): {relation.replace('_', ' ')}, {score:.2f}"
        below = f"{100.0 * score:.0f}" if fits else None
        shapes += _sector(other, name, role, radii, share=share, hint=hint, below=below)
    own = key.in_notation(notation)
    shapes.append(Word(at=(_CENTER[0], _CENTER[1] + 7.0), text=own, size=20.0, anchor="middle", bold=True))
    return Figure(
        title=f"Keys that {own} mixes with, in percent",
        description=f"{own} mixes well with {', '.join(name for _, name in sorted(fitting))}.",
        width=SIZE,
        height=SIZE,
        shapes=tuple(shapes),
    )


def _sectors() -> Iterator[tuple[Key, ShapeRole, tuple[float, float]]]:
    for letter, role, inner, outer in _RINGS:
        for number in range(1, 13):
            yield Key.from_camelot(number, letter), role, (inner, outer)


def _sector(
    key: Key, name: str, role: ShapeRole, radii: tuple[float, float], *, share: float, hint: str, below: str | None
) -> list[Shape]:
    """Return a sector, filled by its share of 0-1; at 0 the text below its name is left out too."""
    middle_deg = _SECTOR_DEG * (key.camelot_number % 12)
    inner, outer = radii
    x, y = around(_CENTER, (inner + outer) / 2.0, middle_deg)
    wedge = Wedge(
        center=_CENTER,
        inner=inner,
        outer=outer,
        start_deg=middle_deg - _SECTOR_DEG / 2.0 + _GAP_DEG,
        end_deg=middle_deg + _SECTOR_DEG / 2.0 - _GAP_DEG,
        role=role,
        opacity=_FAINT + (_STRONG - _FAINT) * share,
        hint=hint,
    )
    is_full = share > 0.0
    y_name = y - 1.0 if is_full and below else y + 3.5
    label = Word(
        at=(x, y_name), text=name, size=12.0, anchor="middle", bold=is_full, role="text" if is_full else "muted"
    )
    shapes: list[Shape] = [wedge, label]
    if is_full and below:
        shapes.append(Word(at=(x, y + 10.0), text=below, size=11.5, anchor="middle"))
    return shapes
