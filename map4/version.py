"""The version of map4, and what adds packages to it."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from map4.errors import UsageError

__version__ = "1.1.0"


_TOO_OLD = re.compile(r"\brequires (\w[\w.-]*) (\d[\d.]*) or newer")


class Packages:
    """The packages of an extra, or of map4 itself (`""`)."""

    def __init__(self, extra: str = "") -> None:
        self.extra = extra

    @contextmanager
    def needed(self, what: str | None = None) -> Iterator[None]:
        """Wrap their imports; raise UsageError with the missing module and how to install it.

        what: subject and verb of the message; default "map4 EXTRA needs"
        """
        try:
            yield
        except ImportError as error:
            if (error.name or "").partition(".")[0] == "map4":
                raise
            raise UsageError(self.missing(what or f"map4 {self.extra} needs", error)) from None

    def missing(self, what: str, missing: object) -> str:
        """The message that they are missing.

        what: subject and verb, such as "map4 serve needs"
        missing: what is missing, such as the error of an import
        """
        if old := _TOO_OLD.search(str(missing)):
            return f"{what} a newer package ({missing}): {self.how_to_add(f'{old[1].lower()}>={old[2]}')}"
        if isinstance(missing, ImportError) and not isinstance(missing, ModuleNotFoundError):
            return f"{what} a package that is installed and does not load ({missing}); install it again"
        return f"{what} more packages ({missing}): {self.how_to_add()}"

    def how_to_add(self, newer: str = "") -> str:
        """What installs them where map4 runs. On PyPI, `map4` is another project.

        newer: a package that is installed, but too old, with the version that is needed
        """
        receipt = os.path.join(sys.prefix, "uv-receipt.toml")
        extras, others, tool = [self.extra] if self.extra else [], f" --with '{newer}'" if newer else "", "pip install"
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
