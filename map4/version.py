"""The version of map4, and what adds packages to it."""

import os
import sys
from contextlib import suppress

__version__ = "1.0.0rc1"


def missing_packages(what: str, missing: object, extra: str) -> str:
    """The message that an extra's packages are missing.

    what: subject and verb, such as "map4 serve needs"
    missing: what is missing, such as the error of an import
    """
    return f"{what} more packages ({missing}): {how_to_add(extra)}"


def how_to_add(extra: str) -> str:
    """What installs the packages of an extra where map4 runs. On PyPI, `map4` is another project."""
    receipt = os.path.join(sys.prefix, "uv-receipt.toml")
    extras, others, tool = [extra], "", "pip install"
    if os.path.exists(os.path.join(sys.prefix, "pipx_metadata.json")):
        tool = "pipx runpip map4-music install"
    elif os.path.exists(receipt):
        import tomllib

        # `--force` removes all packages that the new command doesn't name.
        tool = "uv tool install --force"
        with suppress(OSError, ValueError, LookupError, TypeError), open(receipt, "rb") as file:
            for item in tomllib.load(file)["tool"]["requirements"]:
                if item["name"] == "map4-music":
                    extras = list(dict.fromkeys([*item.get("extras", ()), extra]))
                else:
                    others += f" --with {item['name']}"
    return f"{tool} '.[{','.join(extras)}]'{others} in map4's checkout"
