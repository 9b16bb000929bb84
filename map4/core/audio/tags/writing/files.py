"""The tags that a file has and gets, by its container."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from map4.core.audio.source import AudioSource
from map4.core.audio.tag_boundaries import skip_trailing_tags, trailing_tags
from map4.core.audio.tags import tags_of
from map4.core.audio.tags.changes import BYTE_SLOTS, SlotValue, SlotValues, Splice, TagSlot
from map4.core.audio.tags.families import PICTURE, Fields, container_behind_tags, read_fields
from map4.core.audio.tags.names import ASF_NAMES, COMMENT_NAMES, ID3_NAMES, MP4_NAMES
from map4.core.audio.tags.values import as_advisory, as_genre, as_number, as_text, first_known
from map4.core.audio.tags.writing.ape import ape_entries, edit_ape, new_ape
from map4.core.audio.tags.writing.asf import asf_entries, edit_asf
from map4.core.audio.tags.writing.chunks import chunk_entries, dsf_entries, edit_chunks, edit_dsf
from map4.core.audio.tags.writing.comments import OPUS_GAINS, PEAKS
from map4.core.audio.tags.writing.entries import text_of
from map4.core.audio.tags.writing.flac import edit_flac, flac_entries
from map4.core.audio.tags.writing.id3 import edit_id3, id3_entries, new_id3
from map4.core.audio.tags.writing.id3_frames import id3_size
from map4.core.audio.tags.writing.mp4 import edit_mp4, mp4_entries
from map4.core.audio.tags.writing.ogg import edit_ogg, ogg_codec, ogg_entries
from map4.errors import FileError

Entries = list[tuple[str, bytes]]
_ID3V1_BYTES = 128
# The finest precision of written values.
_SAME = 0.006
# In addition to the tables of names.
_MORE_NAMES: Mapping[TagSlot, tuple[str, ...]] = {
    "rating": ("popm", "txxx:fmps_rating", "txxx:rating", "fmps_rating", "----:fmps_rating", "rate", "fmps/rating"),
    "comment": ("comm",),
    "genre": ("gnre",),
    "gain": ("r128_track_gain",),
    "album_gain": ("r128_album_gain",),
    "cover": ("apic", "block 6", "metadata_block_picture", "covr"),
}
_OPUS_HAS_NONE = (*OPUS_GAINS, *PEAKS)
_APE_PREAMBLE = b"APETAGEX"
_BLOCK_BYTES = 64
# If fewer bytes than this stay unchanged, one change is cheaper than two.
_LEAST_COMMON_BYTES = 256


@dataclass(frozen=True, slots=True)
class _Own:
    """The native tag of a container: functions for its changes and its entries."""

    edit: Callable[[AudioSource, int, SlotValues], list[Splice]]
    entries: Callable[[AudioSource, int], Entries]


def _edit_front_id3(source: AudioSource, start: int, values: SlotValues) -> list[Splice]:
    tag = source.read(0, id3_size(source.read(0, 10)))
    return edit_id3(tag, values) if tag else [Splice(0, 0, new_id3(values))]


def _no_entries(source: AudioSource, start: int) -> Entries:
    return []  # tags at both ends are counted for every container


def _edit_end_ape(source: AudioSource, start: int, values: SlotValues) -> list[Splice]:
    spans = _ape_spans(source, start)
    if spans:
        at, stop = spans[0]
        return edit_ape(source.read(at, stop - at), values, base=at)
    tail = source.read(max(start, source.size - _ID3V1_BYTES), _ID3V1_BYTES)
    at = source.size - (_ID3V1_BYTES if tail.startswith(b"TAG") and len(tail) == _ID3V1_BYTES else 0)
    return [Splice(at, at, new_ape(values))]


_ID3 = _Own(_edit_front_id3, _no_entries)
_APE = _Own(_edit_end_ape, _no_entries)
# By the names of `map4.core.audio.magic`; "" is audio without a recognisable beginning.
_OWN: Mapping[str, _Own] = {
    "": _ID3, "mpeg": _ID3, "flac": _Own(edit_flac, flac_entries), "ogg": _Own(edit_ogg, ogg_entries),
    "mp4": _Own(edit_mp4, mp4_entries), "wav": _Own(edit_chunks, chunk_entries),
    "aiff": _Own(edit_chunks, chunk_entries), "dsf": _Own(edit_dsf, dsf_entries), "asf": _Own(edit_asf, asf_entries),
    **dict.fromkeys(("ape", "wavpack", "tta", "musepack", "tak"), _APE),
}  # fmt: skip
# Containers that may have an ID3 tag before or an APE tag after them, which players read too.
_MAY_HAVE_MORE = frozenset({"", "mpeg", "flac", "ape", "wavpack", "tta", "musepack", "tak"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedSource:
    """The tags of an open file.

    container: of `map4.core.audio.magic`
    fields: values of the tags, by the names of `map4.core.audio.tags.names`
    is_opus: its gain is stored in another way
    """

    source: AudioSource
    container: str
    start: int
    fields: Fields
    is_opus: bool = False

    @property
    def has_picture(self) -> bool:
        """Return whether the tags contain any picture."""
        return bool(self.fields.get(PICTURE))

    @classmethod
    def read(cls, source: AudioSource) -> TaggedSource:
        name, start = container_behind_tags(source)
        if name not in _OWN:
            raise FileError("unsupported", f"is of a kind ({name}) whose tags map4 does not write")
        is_opus = name == "ogg" and ogg_codec(source, start) == "opus"
        return cls(source=source, container=name, start=start, fields=read_fields(source), is_opus=is_opus)

    def values(self) -> dict[TagSlot, SlotValue]:
        """Return the values of the tags, as far as readable."""
        # Opus files only have their gains as R128, and no peak (RFC 7845, section 5.2.1). Sound Check is only read.
        hidden = (*(_OPUS_HAS_NONE if self.is_opus else OPUS_GAINS.values()), "sound_check")
        fields = {name: texts for name, texts in self.fields.items() if name not in hidden}
        tags = tags_of(fields)
        advisory = as_advisory(fields.get("advisory", []), title=None)
        read: dict[TagSlot, SlotValue | None] = {
            "bpm": tags.bpm,
            "key": tags.key,
            "energy": tags.energy,
            "gain": tags.gain_db,
            "peak": first_known(as_number, fields.get("peak", [])),
            "album_gain": tags.album_gain_db,
            "album_peak": first_known(as_number, fields.get("album_peak", [])),
            "genre": tags.genre,
            "year": tags.year,
            "grouping": tags.grouping,
            "label": tags.label,
            "catalog_number": tags.catalog_number,
            "isrc": tags.isrc,
            "advisory": advisory if advisory != "none" else None,
            "artist": tags.artist,
            "title": tags.title,
            "album": tags.album,
            "album_artist": tags.album_artist,
            "track": tags.track,
            "disc_number": tags.disc_number,
            "rating": tags.rating,
            "comment": as_text(fields.get("comment", [])[:1]),
        }
        return {slot: value for slot, value in read.items() if value is not None}

    def edit(self, values: SlotValues) -> list[Splice]:
        """Return the changes of the file, in order; empty if it already has these values.

        Its native kind of tag gets all values; another attached tag, only those that it has.
        """
        if not values:  # don't add an empty tag
            return []
        own = self._own()
        splices = own.edit(self.source, self.start, values)
        values = {slot: value for slot, value in values.items() if slot not in BYTE_SLOTS}
        if self.container in _MAY_HAVE_MORE and values:
            if own is not _ID3 and (size := id3_size(self.source.read(0, 10))):
                splices += edit_id3(self.source.read(0, size), values, create=False)
            if own is not _APE:
                for at, stop in _ape_spans(self.source, self.start)[:1]:
                    splices += edit_ape(self.source.read(at, stop - at), values, base=at, create=False)
        return _shortened(self.source, splices)

    def _own(self) -> _Own:
        if self.container == "tta":  # some programs read ID3 there; if there is only an APE tag, keep to that
            has_id3 = id3_size(self.source.read(0, 10)) > 0
            return _ID3 if has_id3 or not _ape_spans(self.source, self.start) else _APE
        return _OWN[self.container]

    def entries(self) -> Entries:
        entries = self._own().entries(self.source, self.start)
        if self.container in _MAY_HAVE_MORE:
            if size := id3_size(self.source.read(0, 10)):
                entries = [*entries, *id3_entries(self.source.read(0, size))]
            for at, stop in _ape_spans(self.source, self.start)[:1]:
                entries = [*entries, *ape_entries(self.source.read(at, stop - at))]
        return entries

    def require_carried_out(self, after: TaggedSource, values: SlotValues) -> None:
        """Check the written tags by reading them."""
        if after.edit(values):
            raise FileError("unsupported", "has tags in which map4 does not find what it writes")
        actual = after.values()
        for slot, value in values.items():
            # `edit` has checked that blocks of bytes are identical.
            if slot in BYTE_SLOTS or (slot in PEAKS and after.is_opus):
                continue
            if not _matches(slot, value, actual.get(slot)):
                raise FileError("unsupported", f"has tags in which map4 does not find the {slot} that it writes")
        old, new = Counter(self.entries()), Counter(after.entries())
        names = requested_names(values)
        other = [name for name, _ in ((old - new) + (new - old)) if not is_requested(name, names)]
        if other:
            raise FileError("unsupported", f"has tags that would not stay unchanged ({other[0]})")


def requested_names(values: SlotValues) -> frozenset[str]:
    """Return the names that some slots have in any kind of tag."""
    tables = (ID3_NAMES, COMMENT_NAMES, MP4_NAMES, ASF_NAMES)
    return frozenset(name for slot in values for table in tables for name in table.get(slot, ())) | frozenset(
        name for slot in values for name in _MORE_NAMES.get(slot, ())
    )


def is_requested(name: str, names: frozenset[str]) -> bool:
    return name in names or (name.startswith("popm:") and "popm" in names)


def _matches(slot: TagSlot, value: SlotValue, actual: SlotValue | None) -> bool:
    if actual is None:
        return False
    if slot == "rating":  # ID3 and ASF have no half stars
        return abs(float(actual) - float(value)) <= 1
    if isinstance(value, str):
        read = as_genre([value]) if slot == "genre" else as_text([value])
        return actual in (value, read) or (slot == "genre" and actual == as_text([value]))
    return text_of(slot, value) == text_of(slot, actual) or abs(float(value) - float(actual)) < _SAME


def _ape_spans(source: AudioSource, start: int) -> list[tuple[int, int]]:
    """Return the places of the APE tags at the end, the last one first."""
    audio_stop = skip_trailing_tags(source, start)
    return [
        (at, stop)
        for at, stop in trailing_tags(source, start)
        if at >= audio_stop and source.read(stop - 32, 8) == _APE_PREAMBLE
    ]


def _shortened(source: AudioSource, splices: Sequence[Splice]) -> list[Splice]:
    """Return the same changes without the bytes that stay the same."""
    short: list[Splice] = []
    for each in sorted(splices, key=lambda splice: (splice.start, splice.stop)):
        short += split(each, source.read(each.start, each.stop - each.start))
    return short


def split(splice: Splice, old: bytes) -> Iterator[Splice]:
    """The changes within one, in the order of the file."""
    new, at, old_at = splice.new, 0, 0
    for old_start, new_start, length in _common_runs(old, new):
        if old_start > old_at or new_start > at:
            yield Splice(splice.start + old_at, splice.start + old_start, new[at:new_start])
        old_at, at = old_start + length, new_start + length
    if old_at < len(old) or at < len(new):
        yield Splice(splice.start + old_at, splice.stop, new[at:])


def _common_runs(old: bytes, new: bytes) -> Iterator[tuple[int, int, int]]:
    """Runs of bytes that stay, in their order: where in the old, where in the new, how many."""
    ahead = _common_start(old, new)
    behind = min(_common_start(old[::-1], new[::-1]), len(old) - ahead, len(new) - ahead)
    if ahead:
        yield 0, 0, ahead
    yield from _inner_runs(old, new, ahead, len(old) - behind, len(new) - behind)
    if behind:
        yield len(old) - behind, len(new) - behind, behind


def _inner_runs(old: bytes, new: bytes, start: int, old_stop: int, new_stop: int) -> Iterator[tuple[int, int, int]]:
    if min(old_stop, new_stop) - start < _LEAST_COMMON_BYTES:
        return
    places: dict[bytes, int] = {}
    for place in range(start, new_stop - _BLOCK_BYTES + 1, _BLOCK_BYTES):
        places.setdefault(new[place : place + _BLOCK_BYTES], place)
    at = new_at = start
    while at + _BLOCK_BYTES <= old_stop:
        place = places.get(old[at : at + _BLOCK_BYTES], -1)
        if place < new_at:
            at += 1
            continue
        length = _common_start(old[at:old_stop], new[place:new_stop])
        if length >= _LEAST_COMMON_BYTES:
            yield at, place, length
            new_at = place + length
        at += length


def _common_start(first: bytes, other: bytes) -> int:
    """How many bytes both begin with."""
    low, high = 0, min(len(first), len(other))
    if first[:high] == other[:high]:
        return high
    while high - low > 1:  # the first `low` are the same, the first `high` are not
        middle = (low + high) // 2
        if first[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low
