"""CUE sheets that have the new names of their music."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress

from map4.extras.rename.names import name_key

_FILE = re.compile(r'((?:^|(?<=[\r\ufeff]))\s*FILE\s+)("[^"\r\n]*"|[^"\s].*?(?=\s+\w+\s*$))', re.IGNORECASE | re.M)


def moved_sheet(data: bytes, path: str, to: str, places: Mapping[str, str]) -> bytes:
    """Return a sheet as it is after its move; a single FILE that is missing is its music, as for `map4 import`.

    places: new paths of music by `name_key`, with and without suffix
    raises ValueError: if its encoding lacks a letter of a new name
    """
    for codec in ({b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2], "utf-8"), "cp1252", "latin-1"):
        with suppress(UnicodeDecodeError):
            text = data.decode(codec)
            break
    is_single, (folder, new_folder) = len(_FILE.findall(text)) == 1, map(os.path.dirname, (path, to))

    def named(match: re.Match[str]) -> str:
        old = os.path.normpath(os.path.join(folder, match[2].strip('"').replace("\\", "/")))
        stems = [os.path.splitext(of)[0] for of in ([old, path] if is_single else [old])]
        keys = map(name_key, [old] if os.path.lexists(old) else [old, *stems])
        place = next(filter(None, map(places.get, keys)), old)
        is_same = os.path.relpath(place, new_folder) == os.path.relpath(old, folder)
        is_gone = place == old and not os.path.lexists(old)
        return match[0] if is_same or is_gone else f'{match[1]}"{os.path.relpath(place, new_folder)}"'

    return _FILE.sub(named, text).encode(codec)
