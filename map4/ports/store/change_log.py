"""What changed in a library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from map4.domain.events import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesSince:
    """Changes, the first ones first, up to a number; not whole where some that came before are no longer kept, or the
    library is another than the one that the number was of."""

    changes: tuple[Change, ...]
    through: int
    is_whole: bool


class ChangeLog(Protocol):
    """What changed in one library, by whomever, in the order in which it was stored: a change and what is told of it
    are stored together, or neither is. Who asks is told what everybody sees, and what is their own.

    Numbers grow: once one is told, none before it follows. What happens again to the same thing is told again under a
    new number, and no longer under the old one; the last ten thousand are kept.
    """

    def since(self, number: int | None) -> ChangesSince:
        """What changed after a number; 0 is the beginning of what is kept, None none of it, only where it ends."""
