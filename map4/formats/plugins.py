"""The formats of `map4 export`: map4's own, and those of plug-ins."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from typing import BinaryIO

from map4.errors import Map4Error, UsageError
from map4.formats.export import ExportContent, ExportOptions
from map4.formats.format import Exporter, Format, WriteNotes, listed_names
from map4.formats.registry import ListFormats
from map4.formats.values import suffix_of

GROUP = "map4.exporters.v1"  # entry points of this group are a `Format` with an `exporter`, under its name

Warn = Callable[[str], object]


class ExporterFailedError(Map4Error):
    """An exporter of another package failed; the file is unchanged."""


class Exporters:
    """The formats that can be exported to, with those of plug-ins."""

    @staticmethod
    def all() -> dict[str, Format]:
        """Return map4's own formats for exports, by name."""
        return {name: each_format for name, each_format in ListFormats.all().items() if each_format.can_export}

    @staticmethod
    def of(target: str, name: str | None = None, *, warn: Warn = lambda message: None) -> Format:
        """Return the format to export to; plug-ins are used only for formats that map4 does not have.

        target: the file; "-" is stdout
        name: of the format; None takes it from the suffix
        warn: called with a sentence for each plug-in that can't be loaded
        """
        suffix = suffix_of(target)

        def fits(candidate: Format) -> bool:
            return suffix in candidate.suffixes if name is None else candidate.name == name

        known = Exporters.all()
        if name is None and not suffix:
            shown = "stdout has no suffix" if target == "-" else f"{target} has no suffix"
            raise UsageError(f"{shown} that names the format; name one with --to ({listed_names(known)})")
        if not any(map(fits, known.values())):
            known |= {plugin_format.name: plugin_format for plugin_format in plugin_formats(warn)}
        if (chosen := next(filter(fits, known.values()), None)) is not None:
            return chosen
        if name is not None:
            raise UsageError(f"there is no format '{name}' to export to; {UsageError.did_you_mean(name, known)}")
        raise UsageError(f"the suffix of {target} names no format; name one with --to ({listed_names(known)})")


def plugin_formats(warn: Warn) -> Iterator[Format]:
    """Yield formats of other packages; warns about formats that fail to load or whose name is taken."""
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            yield _loaded(entry)
        except Exception as error:  # any code of another package
            warn(f"the exporter {entry.name} ({entry.value}) can't be loaded: {error}")


def _loaded(entry: EntryPoint) -> Format:
    loaded = entry.load()
    if not isinstance(loaded, Format) or loaded.exporter is None:
        raise TypeError("it must be a Format with an 'exporter'")
    if loaded.name != entry.name or loaded.name in ListFormats.all():
        raise ValueError(f"its format is called '{loaded.name}', which differs from its own name, or already exists")
    return replace(loaded, exporter=_guarded(loaded.name, loaded.exporter))


class _Outlet(io.RawIOBase):
    """Passes bytes on, and separates errors of the stream from errors of the plug-in."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.error: Exception | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        try:
            return self._out.write(data)
        except Exception as error:
            self.error = error
            raise


def _guarded(name: str, export: Exporter) -> Exporter:
    """Wrap an exporter so that its failures become `ExporterFailedError`."""

    def guarded(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
        outlet = _Outlet(out)
        try:
            notes = export(content, outlet, options)  # type: ignore[arg-type]
            if not isinstance(notes, WriteNotes):
                raise TypeError("it must return WriteNotes")
            return notes
        except (Map4Error, OSError):
            raise
        except Exception as error:  # any code of another package
            if outlet.error is not None:  # such as a closed pipe
                raise outlet.error from None
            raise ExporterFailedError(f"the exporter {name} failed ({type(error).__name__}: {error})") from error

    return guarded
