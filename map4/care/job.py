"""The job that backs the library up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from map4.jobs import Teller
    from map4.library import Library


def backup(library: Library, files: Sequence[str], options: Any, tell: Teller, task: Any) -> dict[str, Any]:
    return library.care.backup(options.folder, keep=options.keep).to_record()
