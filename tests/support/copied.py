"""Libraries that are made once in each process of tests, and copied for all tests but the first."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec

P = ParamSpec("P")


def copied(make: Callable[Concatenate[Path, P], object]) -> Callable[Concatenate[Path, P], Path]:
    """What makes a library at a path, and always the same of the same arguments.

    Where there is one already, it is put into as ever.
    """
    made: dict[str, bytes] = {}

    @wraps(make)
    def make_or_copy(path: Path, *args: P.args, **options: P.kwargs) -> Path:
        key = repr((args, options))
        if key in made and not path.exists():
            path.write_bytes(made[key])
            return path
        is_new = not path.exists()
        make(path, *args, **options)
        if is_new:
            made[key] = path.read_bytes()
        return path

    return make_or_copy
