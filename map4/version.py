"""The version of map4, and what adds packages to it."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from map4.errors import UsageError

__version__ = "1.0.0"


_TOO_OLD = re.compile(r"\brequires (\w[\w.-]*) (\d[\d.]*) or newer")


@contextmanager
def packages_of(extra: str, what: str | None = None) -> Iterator[None]:
    """Wrap imports of an extra's packages; raise UsageError with the missing module and how to install it.

    what: subject and verb of the message; default "map4 EXTRA needs"
    """
    try:
        yield
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "map4":
            raise
        raise UsageError(missing_packages(what or f"map4 {extra} needs", error, extra)) from None


def missing_packages(what: str, missing: object, extra: str = "") -> str:
    """The message that packages of an extra, or of map4 itself, are missing.

    what: subject and verb, such as "map4 serve needs"
    missing: what is missing, such as the error of an import
    """
    if old := _TOO_OLD.search(str(missing)):
        return f"{what} a newer package ({missing}): {how_to_add(extra, f'{old[1].lower()}>={old[2]}')}"
    if isinstance(missing, ImportError) and not isinstance(missing, ModuleNotFoundError):
        return f"{what} a package that is installed and does not load ({missing}); install it again"
    return f"{what} more packages ({missing}): {how_to_add(extra)}"


def how_to_add(extra: str, newer: str = "") -> str:
    """What installs the packages of an extra, or of map4, where map4 runs. On PyPI, `map4` is another project.

    newer: a package that is installed, but too old, with the version that is needed
    """
    receipt = os.path.join(sys.prefix, "uv-receipt.toml")
    extras, others, tool = [extra] if extra else [], f" --with '{newer}'" if newer else "", "pip install"
    if os.path.exists(os.path.join(sys.prefix, "pipx_metadata.json")):
        tool = "pipx runpip map4-music install"
    elif os.path.exists(receipt):
        import tomllib

        # `--force` removes all packages that the new command doesn't name.
        tool = "uv tool install --force"
        with suppress(OSError, ValueError, LookupError, TypeError), open(receipt, "rb") as file:
            for item in tomllib.load(file)["tool"]["requirements"]:
                if item["name"] == "map4-music":
                    extras = list(dict.fromkeys([*item.get("extras", ()), *extras]))
                else:
                    others += f" --with {item['name']}"
    if newer and not os.path.exists(receipt):
        return f"{tool} '{newer}'"
    named = f"[{','.join(extras)}]" if extras else ""
    return f"{tool} '.{named}'{others} in map4's checkout"
