"""Typed calls that un-mixing adds to `Library`: `library.unmix` and `library.unmix_events`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from map4.core.base.actor import needs
from map4.core.base.call_options import USUAL, takes
from map4.core.base.paths import Paths

if TYPE_CHECKING:
    from map4.extras.unmix.records import Unmixed
    from map4.extras.unmix.request import UnmixOptions
    from map4.library import Library


@needs("read")
@takes("map4.extras.unmix.request:UnmixOptions")
def unmix(
    library: Library,
    files: Paths,
    options: UnmixOptions = USUAL,
    *,
    on_stage: Callable[[str], object] = lambda stage: None,
    on_read: Callable[[float, float | None], object] | None = None,
    **keywords: Any,
) -> list[Unmixed]:
    """Detect which library tracks were played in recorded sets, when, and at which speed.

    Nothing is stored. The recordings need not be in the library.

    files: recordings of 30 s or more, or clips of 8 s or more
    on_stage: called with the current step
    on_read: called with the seconds decoded so far and the expected length in seconds
    returns: one Unmixed per recording; if a recording can't be read, its `failure` says why
    raises QueryError, UsageError: if the query or the list is invalid
    raises NothingFoundError: if no track of the library matches the query or the list
    """
    return list(unmix_events(library, files, options, on_stage=on_stage, on_read=on_read))


@needs("read")
@takes("map4.extras.unmix.request:UnmixOptions")
def unmix_events(
    library: Library,
    files: Paths,
    options: UnmixOptions = USUAL,
    *,
    on_stage: Callable[[str], object] = lambda stage: None,
    on_read: Callable[[float, float | None], object] | None = None,
    **keywords: Any,
) -> Iterator[Unmixed]:
    """Like `unmix`, but yield each track list as soon as it is ready."""
    from map4.extras.unmix.use import unmix_files

    return unmix_files(files, options, library._services.resolver, on_stage, on_read)
