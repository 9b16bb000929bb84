"""What a library sounds like as a whole: the table that is compared, and which recordings are copies of others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from map4.domain.duplicates import GroupKind
    from map4.ports.store.tracks import FileRef
    from map4.selection.duplicates.choice import CopyChoice
    from map4.selection.duplicates.groups import CopyGroup, SoundPair
    from map4.selection.similarity_tables import Doubles, LibraryTable

Progress = Callable[[int, int], object]
"""`progress(done, all)`, of the steps that an answer waits for; at its end both are the same."""


class SoundIndex(Protocol):
    """What is compared of a whole library, as one table; read again when another process or this one has written.

    A large library may be read from a mirror beside it, which is made when it is first needed. Where that can't be, the
    answer takes longer and is the same.
    """

    def table(self) -> LibraryTable:
        """Every file that is there and analysed."""

    def hamms_sample(self, most: int) -> Doubles:
        """HAMMS vectors of up to `most` recordings, shape (n, 12) with NaN, in the order of their audio ids."""

    def at_hand(self) -> LibraryTable | None:
        """The table where it was read already, or a mirror has it; else None, and nothing is made."""

    def warm_mirror(self) -> bool:
        """Make the mirror of a large library if there is none that will do; gives whether there is one now.

        One that holds something else than was written is looked for here, and deleted.
        """

    def keep_mirror(self) -> None:
        """Make the mirror of a large library where so much has changed that the next question would wait for it."""

    def first_files(self, file_ids: Iterable[FileRef]) -> dict[str, FileRef]:
        """The recordings that these files hold, each with the first file of them that does."""


class Copies(Protocol):
    """The copies of one library, told again when this process or another has written to it."""

    def groups(
        self, choice: CopyChoice, *, by_sound: bool = True, progress: Progress | None = None
    ) -> tuple[list[CopyGroup], list[SoundPair]]:
        """Groups of the same audio or recording, and every two recordings that sound alike."""

    def named_groups(
        self, kinds: Collection[GroupKind], choice: CopyChoice, groups: Sequence[CopyGroup], pairs: Sequence[SoundPair]
    ) -> Iterator[CopyGroup]:
        """Groups of files that are likely the same, and of versions, a file each for its recording.

        groups, pairs: as `groups` gave them
        """

    def file_ids(self) -> Collection[FileRef]:
        """The files of `is:copy`: all but the one to keep of each group."""

    def kept(self, *, progress: Progress | None = None) -> dict[str, str]:
        """Paths of these files, each with that of the one to keep."""

    def standing(self) -> Mapping[str, str]:
        """Of all audio that is a copy of a recording, the audio that stands for it; of a large library, as far as was
        compared before.
        """

    def recordings(self, audio_ids: Collection[str]) -> dict[str, str]:
        """Of each audio that is among copies of a recording, the audio that stands for it."""

    def fingerprints(self, among: Collection[FileRef] | None = None) -> Iterator[tuple[FileRef, bytes]]:
        """The fingerprint of each recording that has one, with the first of its files that is there, or else the first.

        among: only of these files
        """
