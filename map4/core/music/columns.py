"""Many tracks as columns, for statistics, neighbours and playlists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from map4.core.base.shown import repr_line
from map4.core.music.analysis.key import ALL_KEYS
from map4.version import Packages

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """n tracks in a fixed order, with a column per value.

    Numbers are float64 with NaN for unknown values (never 0); texts are object arrays with None. Tempo and key are the
    current ones, by the user's order of sources.

    file_id: int64; the library loads the tracks by these ids
    audio_id, path: texts
    bpm: beats per minute
    tempo_confidence, key_confidence: 0-1; NaN also if tempo or key was not measured
    key: int8, index into `map4.core.music.analysis.key.ALL_KEYS`, or `Columns.NO_KEY`
    energy: 0-1
    loudness_lufs, true_peak_dbtp, duration_s, year, rating, bit_rate_bps, sample_rate_hz: in their units
    artist, title, album, genre, codec: texts
    label_family: genre family from the labels of `map4 classify`; None if they name none
    hamms: shape=(n, 12), 0-1; None if not requested
    """

    NO_KEY: ClassVar[
        int
    ] = -1  # the value in `Columns.key` for a missing or unknown key: integer arrays can't contain None

    file_id: NDArray[np.int64]
    audio_id: NDArray[np.object_]
    bpm: NDArray[np.float64]
    tempo_confidence: NDArray[np.float64]
    key: NDArray[np.int8]
    key_confidence: NDArray[np.float64]
    energy: NDArray[np.float64]
    loudness_lufs: NDArray[np.float64]
    true_peak_dbtp: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    year: NDArray[np.float64]
    rating: NDArray[np.float64]
    bit_rate_bps: NDArray[np.float64]
    sample_rate_hz: NDArray[np.float64]
    artist: NDArray[np.object_]
    title: NDArray[np.object_]
    album: NDArray[np.object_]
    genre: NDArray[np.object_]
    codec: NDArray[np.object_]
    label_family: NDArray[np.object_]
    hamms: NDArray[np.float64] | None = None
    path: NDArray[np.object_] | None = None

    def __repr__(self) -> str:
        return repr_line(self, f"{len(self)} tracks")

    def __len__(self) -> int:
        return len(self.file_id)

    def to_pandas(self) -> Any:
        """A pandas `DataFrame` with a column per value: keys in Camelot notation, each HAMMS number as `hamms_…`.

        raises UsageError: if pandas is not installed
        """
        with Packages("research").needed("to_pandas() needs"):
            from pandas import DataFrame
        values = {name: getattr(self, name) for name in self.__slots__ if name != "hamms"}
        values["key"] = [None if index == Columns.NO_KEY else ALL_KEYS[index].camelot for index in self.key.tolist()]
        if self.hamms is not None:
            from map4.core.music.track.hamms import HAMMS_NAMES

            values |= {f"hamms_{name}": self.hamms[:, place] for place, name in enumerate(HAMMS_NAMES)}
        return DataFrame(values)

    def take(self, rows: NDArray[np.int64]) -> Columns:
        """The given rows, in this order."""
        values: dict[str, Any] = {}
        for name in self.__slots__:
            column = getattr(self, name)
            values[name] = None if column is None else column[rows]
        return Columns(**values)
