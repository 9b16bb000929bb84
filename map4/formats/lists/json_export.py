"""Exports as JSON: one `map4/export/1` document, or a `map4/track/1` line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from map4.domain.analysis import ANALYSIS_VERSION, HAMMS_VERSION
from map4.domain.statistics import Statistics
from map4.domain.tracklist import Tracklist
from map4.formats.format import WriteNotes
from map4.formats.records import json_bytes, record_with_location
from map4.ports.export import ExportContent, ExportOptions

EXPORT_SCHEMA = "map4/export/1"


def export_document(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    """Write one document, a track a line; what is computed from all of them comes last."""
    notes = WriteNotes()
    head = {
        "schema": EXPORT_SCHEMA,
        "origin": content.origin,
        "query": content.query,
        "name": content.name,
        "description": content.description,
        "analysis_config": analysis_config(content),
    }
    out.write(json_bytes(head)[:-1] + b',\n "tracks": [')
    for record in _records(content, options):
        out.write((b",\n  " if notes.tracks else b"\n  ") + json_bytes(record))
        notes.tracks += 1
    out.write(b'\n ],\n "playlist": ')
    if content.playlist is None:
        out.write(b"null")
    else:
        _write_playlist(content.playlist, out)
    out.write(b',\n "statistics": ' + json_bytes(statistics_record(content.statistics())) + b"\n}\n")
    return notes


def export_lines(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    """Write a line for each track."""
    notes = WriteNotes()
    for record in _records(content, options):
        out.write(json_bytes(record) + b"\n")
        notes.tracks += 1
    return notes


def _records(content: ExportContent, options: ExportOptions) -> Iterator[dict[str, Any]]:
    return (record_with_location(track, options.path_maps) for track in content.tracks)


def _write_playlist(playlist: Tracklist, out: BinaryIO) -> None:
    """What a list says besides its tracks; the picks are in the order of `tracks`."""
    header = {"seeds": [], "options": {}, "relaxed": [], "quality": None, **playlist.header}
    out.write(json_bytes({name: value for name, value in header.items() if name != "picks"})[:-1] + b', "picks": [')
    for index in range(len(playlist.tracks)):
        pick = {"position": index + 1, **playlist.detail(index)}
        out.write((b",\n  " if index else b"\n  ") + json_bytes(pick))
    out.write(b"\n ]}")


def analysis_config(content: ExportContent) -> dict[str, Any]:
    """By what the numbers of an export came about: JSON values only."""
    from map4.domain.hamms import HAMMS_WEIGHTS

    return {
        "map4": content.map4_version,
        "analysis_version": ANALYSIS_VERSION,
        "hamms": {"version": HAMMS_VERSION, "weights": dict(HAMMS_WEIGHTS)},
        "prefer": ["user", *content.prefer],
    }


def statistics_record(found: Statistics) -> dict[str, Any]:
    """The `statistics` of an export: JSON values only."""
    told: Mapping[str, Any] = found.to_record()
    tempo, loudness = dict(told["tempo"]), dict(told["loudness"])
    return {
        "tracks": told["tracks"],
        "hours": told["hours"],
        "coverage": told["coverage"],
        "doubtful": told["doubtful"],
        "by_genre": dict(found.genres),
        "by_bpm": tempo.pop("histogram"),
        "by_key": told["keys"],
        "by_energy": told["energy_levels"],
        "by_loudness": loudness.pop("histogram"),
        "by_year": {str(year): count for year, count in found.years.items()},
        "by_rating": {str(stars): count for stars, count in found.ratings.items()},
        "by_codec": dict(found.codecs),
        "by_quality": dict(found.qualities),
        "by_state": told["states"],
        "bpm": tempo,
        "loudness_lufs": loudness,
    }
