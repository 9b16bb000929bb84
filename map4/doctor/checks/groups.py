"""Checks of tracks that belong together: an album, or a genre."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from map4.core.base.paths import command_line
from map4.core.music.placeholders import Placeholder
from map4.core.music.track.fields import OF_FILE
from map4.core.music.track.track import Track
from map4.doctor.checks.diagnosis import CHECKS
from map4.doctor.checks.finding import Check, Choice, Finding, TrackOfFinding

ALBUM_CHECKS = (
    Check(name="album_artist_missing", subject="albums", title="albums without an album artist, or with several",
          advice="choose; players group tracks by it"),
    Check(name="album_years", subject="albums", title="several years in one album", advice="choose"),
    Check(name="album_gaps", subject="albums", title="track numbers that are missing or repeated",
          advice="choose if file names contain the number, or their order shows the disc; else look for the tracks"),
    Check(name="cover_missing", subject="albums", title="albums without a cover",
          advice="use the picture of another track if there is one; else put a cover.jpg into the folder"),
)  # fmt: skip
ALBUM_SPLIT = Check(
    name="album_split", subject="albums", title="albums split over folders",
    advice="move their files into one folder, then scan; players show each folder as an album",
)  # fmt: skip
ALBUM_SPELLINGS = Check(
    name="album_spellings", subject="albums", title="albums that are spelled in several ways", advice="choose"
)
VALUES_WAIT = Check(
    name="values_wait", subject="file", title="your values of a file that left the library",
    advice="other files have its audio; choose its file",
)  # fmt: skip
GENRE_SPELLINGS = Check(
    name="genre_spellings", subject="genres", title="genres that are spelled in several ways", advice="choose"
)
GENRE_SINGLES = Check(
    name="genre_singles", subject="genres", title="genres with a single track, near another genre",
    advice="choose, or add it to your table ('map4 config genres')",
)  # fmt: skip
ARTIST_SPELLINGS = Check(
    name="artist_spellings", subject="artists", title="artists that are spelled in several ways", advice="choose"
)
SECOND_NAMES = Check(
    name="second_names", subject="file", title="one file stored under several names",
    advice="choose a name to forget; lists then play the file by the other",
)  # fmt: skip


class Doubts:
    """The checks whose doubts other subjects report."""

    IMPORT_NUMBERS = Check(
        name="import_numbers", subject="imports", title="imported for a track with another number",
        advice="import the file again; plays stay at that track, as their source isn't recorded",
    )  # fmt: skip
    IMPORT_COPIES = Check(
        name="import_copies", subject="imports", title="entries of files that are back, at copies",
        advice="an older map4 moved them while the files were away; give them back",
    )  # fmt: skip
    HISTORY_LISTS = Check(
        name="history_lists", subject="lists", title="lists that are histories of plays",
        advice="import the file again for its plays, then delete the list",
    )  # fmt: skip
    LIST_QUERIES = Check(
        name="list_queries", subject="lists", title="lists whose query may mean something else",
        advice="look at it: --bpm, --key and such beside an 'or' were once stored like this",
    )  # fmt: skip
    TEMPO_RANGES = Check(
        name="tempo_ranges", subject="ranges", title="tempo ranges that may correct half and double tempi",
        advice="listen to the tracks, then set the range; 'map4 set ranges --undo' reverts it",
    )  # fmt: skip
    TEMPO_OUTSIDE = Check(
        name="tempo_outside", subject="tempo", title="certain tempi outside the range that you set",
        advice="tap along ('map4 tap FILE'), then choose",
    )  # fmt: skip


GROUP_CHECKS = (
    *ALBUM_CHECKS, ALBUM_SPLIT, ALBUM_SPELLINGS, GENRE_SPELLINGS, GENRE_SINGLES, ARTIST_SPELLINGS, VALUES_WAIT,
    Doubts.IMPORT_NUMBERS, Doubts.IMPORT_COPIES, Doubts.HISTORY_LISTS, Doubts.LIST_QUERIES, SECOND_NAMES,
    Doubts.TEMPO_RANGES, Doubts.TEMPO_OUTSIDE,
)  # fmt: skip
_BY_HARM = (
    # Music or values that may be lost, then wrong names, then wrong numbers of mixes.
    "failed", "missing", "damaged", "values_wait", "import_numbers", "import_copies", "silent", "garbled",
    "missing_tags", "wrong_suffix", "tempo_doubtful", "tempo_disagrees", "tempo_outside", "tempo_ranges", "grid_wrong",
    "bars_doubtful", "bars_disagree", "key_doubtful", "key_disagrees", "stale", "clipped", "metadata_disagrees",
    "year_doubtful", "album_split", "album_artist_missing", "album_spellings", "artist_spellings", "tempo_close",
    "silent_ends", "second_names", "copies", "upscaled", "low_quality", "list_queries", "history_lists", "album_years",
    "album_gaps", "genre_spellings", "genre_singles", "cover_missing",
)  # fmt: skip
ALL_CHECKS = tuple(sorted((*CHECKS, *GROUP_CHECKS), key=lambda check: _BY_HARM.index(check.name)))
"""All checks of the doctor, the gravest first."""
CHECK_NAMES = tuple(dict.fromkeys(name for check in ALL_CHECKS for name in (check.subject, check.name)))
"""Names for --only: checks, and subjects of checks."""
_CHECKS = {check.name: check for check in GROUP_CHECKS}
SPELLED = ("albums", "genres", "artists")  # subjects whose findings propose values
NOUNS = {
    "albums": "album",
    "genres": "genre",
    "artists": "artist",
    "imports": "import",
    "lists": "list",
    "ranges": "range",
}
"""The noun for a finding of a subject; otherwise it is a track."""


class AlbumTrack(NamedTuple):
    """The data of a track for judging its album; None for unknown values.

    is_read: its tags were read for all of this
    own: which of these values the user set
    """

    file_id: int
    path: str
    artist: str | None
    title: str | None
    album: str
    album_artist: str | None
    year: int | None
    track: int | None
    disc: int | None
    has_picture: bool | None
    is_read: bool
    own: frozenset[str] = frozenset()


class GroupFile(NamedTuple):
    """The names of a file: its path, its audio, and its own address."""

    path: str
    audio_id: str | None
    uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An action for a doubt: a command, or values set for some of its files, or for all that a query matches.

    values: none if something is written into tags instead
    tempo_range: which `set` sets for the tracks of the query
    folder: contains these files and no others
    tag: which `tags write` fills in
    """

    label: str
    values: Mapping[str, str | float] = field(default_factory=dict)
    words: Sequence[str] = ()
    file_ids: Sequence[int] = ()
    folder: str | None = None
    query: str | None = None
    tempo_range: str | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDoubt:
    """A doubt about several tracks together.

    about: the album, genre or artist, for people
    file_ids: all affected files; for a genre or artist only one
    count: number of affected files
    folder: of an album without a cover
    is_doubtful: whether the first offer is only likely
    """

    check: Check
    about: str
    detail: str
    count: int
    file_ids: Sequence[int]
    offers: Sequence[Offer] = ()
    folder: str | None = None
    is_doubtful: bool = False

    def to_data(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self) | {"check": self.check.name}

    @classmethod
    def of_data(cls, data: dict[str, Any]) -> GroupDoubt:
        offers = [Offer(**offer) for offer in data["offers"]]
        return cls(**data | {"check": _CHECKS[data["check"]], "offers": offers})


def group_finding(doubt: GroupDoubt, track: Track, files: Mapping[int, GroupFile], program: Sequence[str]) -> Finding:
    """Turn a doubt into a finding.

    track: the first affected track
    files: the affected files
    program: beginning of the commands
    """

    def named(file_ids: Iterable[int]) -> list[GroupFile]:
        return [files[file_id] for file_id in file_ids]

    about_files = () if doubt.check in (GENRE_SPELLINGS, ARTIST_SPELLINGS) else doubt.file_ids
    return Finding(
        check=doubt.check,
        track=track,
        about=doubt.about,
        count=doubt.count,
        tracks=tuple(TrackOfFinding(path=file.path, audio_id=file.audio_id) for file in named(about_files)) or ...,
        detail=doubt.detail,
        is_doubtful=doubt.is_doubtful,
        choices=tuple(
            Choice(
                label=offer.label,
                command=command_line(*program, *_words(offer, named(offer.file_ids))),
                values=dict(offer.values) or None,
                audio_ids=tuple(dict.fromkeys(_addresses(offer, named(offer.file_ids)))) or ...,
                query=offer.query or ...,
                respell=True if offer.query and offer.values else ...,
                tempo_range=offer.tempo_range or ...,
            )
            for offer in doubt.offers
            if doubt.check is VALUES_WAIT
            or not any(Placeholder.is_doubtful(str(value), name) for name, value in offer.values.items())
        ),
    )


def _addresses(offer: Offer, files: Sequence[GroupFile]) -> Iterator[str]:
    """The files, if values that belong to them are set; else the recordings."""
    return (file.uid if offer.values.keys() & OF_FILE else file.audio_id for file in files if file.audio_id)


def _words(offer: Offer, files: Sequence[GroupFile]) -> list[str]:
    if offer.words:
        return [*offer.words]
    values = [f"{name.replace('_', '-')}={value}" for name, value in offer.values.items()]
    names = [offer.folder] if offer.folder else [file.path for file in files]
    if offer.tag is not None:
        return ["tags", "write", *names, f"--{offer.tag}"]
    if offer.query is not None and offer.tempo_range is not None:
        return ["set", "--query", offer.query, f"tempo-range={offer.tempo_range}"]
    if offer.query is not None:
        return ["set", "--query", offer.query, "--respell", *values]
    return ["set", *names, *values]
