"""The version of map4, and what adds packages to it."""

import os
import sys

__version__ = "1.0.0rc1"


def missing_packages(what: str, missing: object, extra: str) -> str:
    """The message that an extra's packages are missing.

    what: subject and verb, such as "map4 serve needs"
    missing: what is missing, such as the error of an import
    """
    return f"{what} more packages ({missing}): {how_to_add(extra)}"


def how_to_add(extra: str) -> str:
    """What installs the packages of an extra where map4 runs. On PyPI, `map4` is another project."""
    tools = {"pipx_metadata.json": "pipx runpip map4-music install", "uv-receipt.toml": "uv tool install --force"}
    tool_names = (tool for file, tool in tools.items() if os.path.exists(os.path.join(sys.prefix, file)))
    return f"{next(tool_names, 'pip install')} '.[{extra}]' in map4's checkout"
