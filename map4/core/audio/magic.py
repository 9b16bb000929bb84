"""Recognise files by their first bytes: every container that map4 knows, and its readers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

HEAD_BYTES = 32
"""Number of bytes that contains every magic number."""

IdentityReader = Literal["reader", "frames", "demuxer", "libsndfile"]
"""The reader of a file's payload: map4's for its container; the search for MPEG frames; FFmpeg's demuxers; or
these, and where they don't know it libsndfile, with the whole file as payload."""


@dataclass(frozen=True, slots=True)
class Container:
    """A kind of file and its beginning.

    name: of the container; several rows may share it
    identified_by: the reader that returns the payload for the audio id
    decoded_by_libsndfile: whether libsndfile decodes it fastest; libav decodes all others
    """

    name: str
    magic: re.Pattern[bytes]
    identified_by: IdentityReader
    decoded_by_libsndfile: bool = False

    @property
    def is_certain(self) -> bool:
        """Return whether such a file certainly contains audio or video, so that failing to read it means damage.

        The rare formats left to libsndfile begin with words and pairs of bytes that any file may begin with.
        """
        return self.identified_by != "libsndfile"


def _row(name: str, magic: bytes, identified_by: IdentityReader, *, libsndfile: bool = False) -> Container:
    return Container(name, re.compile(magic, re.DOTALL), identified_by, libsndfile)


# The first matching row counts.
CONTAINERS: tuple[Container, ...] = (
    _row("flac", rb"fLaC", "reader", libsndfile=True),
    _row("wav", rb"(?:RIFF|RF64)....WAVE", "reader", libsndfile=True),
    _row("wav", rb"(?:RIFX|BW64)....WAVE", "reader"),
    _row("aiff", rb"FORM....AIF[FC]", "reader", libsndfile=True),
    _row("ogg", rb"OggS", "reader"),
    _row("ape", rb"MAC ", "reader"),
    _row("wavpack", rb"wvpk", "reader"),
    _row("tta", rb"TTA1", "reader"),
    _row("musepack", rb"MP\+|MPCK", "reader"),
    _row("dsf", rb"DSD ", "reader"),
    _row("mp4", rb"....(?:ftyp|moov|mdat|free|skip|wide|pnot)", "reader"),
    _row("mpeg", rb"\xff[\xe2-\xff]", "frames"),  # MP1, MP2, MP3 and AAC in ADTS, without padding before them
    _row("w64", rb"riff\x2e\x91\xcf\x11", "demuxer", libsndfile=True),
    _row("asf", rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "demuxer"),
    _row("matroska", rb"\x1a\x45\xdf\xa3", "demuxer"),
    _row("ac3", rb"\x0b\x77", "demuxer"),
    _row("tak", rb"tBaK", "demuxer"),
    _row("dff", rb"FRM8", "demuxer"),
    _row("realmedia", rb"\.RMF", "demuxer"),
    _row("caf", rb"caff", "demuxer"),
    _row("au", rb"\.snd", "demuxer"),
    _row("amr", rb"#!AMR", "demuxer"),
    _row("dts", rb"\x7f\xfe\x80\x01", "demuxer"),
    _row("iff", rb"FORM", "libsndfile"),
    _row("voc", rb"Creative Voice File", "libsndfile"),
    _row("paf", rb" paf|fap ", "libsndfile"),
    _row("mat", rb"MATLAB 5\.0", "libsndfile"),
    _row("nist", rb"NIST_1A", "libsndfile"),
    _row("pvf", rb"PVF1", "libsndfile"),
    _row("avr", rb"2BIT", "libsndfile"),
    _row("wve", rb"ALawSoundFile\*\*", "libsndfile"),
    _row("xi", rb"Extended Instrument", "libsndfile"),
    _row("ircam", rb"\x64\xa3", "libsndfile"),
    _row("sds", rb"\xf0\x7e", "libsndfile"),
    _row("mpc2k", rb"\x01\x04", "libsndfile"),
)


def container_of(head: bytes) -> Container | None:
    """Return the container that begins with these bytes, at least `HEAD_BYTES` of them; None if unknown."""
    return next((row for row in CONTAINERS if row.magic.match(head)), None)
