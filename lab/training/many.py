"""Many files at once, on all cores: made where they are not there, heard where that was not done before."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any


def make_missing(makers: Mapping[str, Callable[[], Any]], make: Callable[[Callable[[], Any], str], None]) -> None:
    """Call `make` with the maker of each path that is not there, and the path; the first error comes out."""
    with ProcessPoolExecutor() as pool:
        missing = [pool.submit(make, maker, path) for path, maker in makers.items() if not os.path.exists(path)]
        for each in missing:
            each.result()


def compute_once(paths: Sequence[str], hear: Callable[[str], Any], kept: str) -> list[Any]:
    """What `hear` says of each path, in their order; what it said before of a file so named is read from `kept`."""
    done: dict[str, Any] = {}
    if os.path.exists(kept):
        with open(kept, "rb") as file:
            done = pickle.load(file)
    new = [path for path in paths if os.path.basename(path) not in done]
    with ProcessPoolExecutor() as pool:
        done |= zip(map(os.path.basename, new), pool.map(hear, new), strict=True)
    if new:
        with open(kept, "wb") as file:
            pickle.dump(done, file)
    return [done[os.path.basename(path)] for path in paths]
