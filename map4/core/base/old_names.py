"""Names of release candidates that are gone, each with what to use instead.

Wrong commands, options and settings, and `map4 doctor` for crontabs and services, read these tables.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import NamedTuple


class OldSetting(NamedTuple):
    """The environment variable of a setting that is gone ("" without one), and what to do instead: a clause without its
    full stop."""

    variable: str
    instead: str


COMMANDS: Mapping[str, str] = {
    "map4 ask": "map4 search --ask TEXT",
    "map4 connect map": "map4 connect status --match",
    "map4 import review": "map4 import waiting --review",
    "map4 library ignored": "map4 library forget --list",
    "map4 library warm": "Large scans prepare the first answers.",
    "map4 marks": "'map4 set' has --marks, --rename-mark, --delete-mark and --paint-mark.",
    "map4 mixed": "map4 mix",
    "map4 playlist refresh": "map4 playlist fill --refresh",
    "map4 playlist restore": "map4 playlist versions LIST --restore deleted",
    "map4 providers": "map4 lookup --providers",
    "map4 providers check": "map4 lookup --providers --check --provider NAME",
    "map4 providers import-dump": "Use the services: 'map4 lookup --provider musicbrainz --provider discogs'.",
    "map4 providers list": "map4 lookup --providers",
    "map4 stats accuracy": "docs/developers/benchmarks.md has the accuracy on music with known values.",
    "map4 stats calibrate": "The certainty that map4 ships counts.",
    "map4 tokens": "map4 accounts tokens",
    "map4 tokens add": "map4 accounts issue",
    "map4 tokens list": "map4 accounts tokens",
    "map4 tokens remove": "map4 accounts revoke",
    "map4 tokens rotate": "map4 accounts rotate",
    "map4 users": "map4 accounts",
    "map4 users add": "map4 accounts add",
    "map4 users audit": "map4 accounts audit",
    "map4 users export": "map4 accounts export",
    "map4 users list": "map4 accounts",
    "map4 users password": "map4 accounts set NAME --password",
    "map4 users remove": "map4 accounts remove",
    "map4 users rename": "map4 accounts set NAME --name NEW",
    "map4 users role": "map4 accounts set NAME --role ROLE",
    "map4 voice": "map4 scan --voice",
    "map4 watch": "map4 scan --watch",
}
"""By command, such as `map4 playlist restore`: the command to write instead, or a sentence. Words in capitals stand for
the caller's."""

OPTIONS: Mapping[str, str] = {
    "map4 classify --base-url": "set the address in the setting classify.models.NAME.url, or MAP4_BASE_URL for Claude",
    "map4 classify --batch-size": "requests that are too large are sent again in halves",
    "map4 classify --compare": "classify a copy of the library with each model",
    "map4 classify --concurrency": "four requests run at once, with a model on this machine one",
    "map4 classify --format": "write 'map4 search -f' afterwards",
    "map4 classify --max-wait": "failed requests wait 120 s at most, with a model on this machine 600 s",
    "map4 classify --model": "set the model in the setting classify.models.NAME.model, or MAP4_MODEL for Claude",
    "map4 classify --paths": "write 'map4 search --paths' afterwards",
    "map4 classify --print0": "write 'map4 search -0' afterwards",
    "map4 classify -0": "write 'map4 search -0' afterwards",
    "map4 classify -f": "write 'map4 search -f' afterwards",
    **{
        f"map4 {command} --harmonic": "write the keys into the query, as in key:7A,8A,9A"
        for command in ("compare", "doctor", "duplicates", "export", "search", "similar", "stats")
    },
    "--files-from0": "--files-from reads lists ended by NUL, too",
    "map4 export --bom": "Excel opens 'map4 export -o library.xlsx'",
    "map4 export --certainty": "'map4 playlist show FILE --certainty 0.8 --save NAME' stores the list to export",
    "map4 export --key-notation": "set MAP4_KEY_NOTATION=openkey, or 'map4 config set output.key_notation openkey'",
    "map4 export --no-path-map": "write --path-map none",
    "map4 library clear --lookups": "write 'map4 library prune --lookups'",
    "map4 library clear --responses": "write 'map4 library prune --answers'",
    "map4 playlist --absolute-energy": "write absolute_energy into a preset of the setting playlist.presets",
    "map4 playlist --bpm": "write --query 'bpm:120..128'",
    "map4 playlist --energy": "write --query 'energy:6..'",
    "map4 playlist --genre": "write --query genre:house",
    "map4 playlist --key": "write --query 'key:~8A'",
    "map4 playlist --max-candidates": "write max_candidates into a preset of the setting playlist.presets",
    "map4 playlist --mood": "write --query mood:dark",
    "map4 playlist --path-map": "store the list with --save; 'map4 playlist show LIST -o FILE' takes --path-map",
    "map4 playlist --relative-to": "store the list with --save; 'map4 playlist show LIST -o FILE' takes --relative-to",
    "map4 playlist --year": "write --query 'year:1990..1999'",
    "map4 playlist live --count": "write limit:{50} in the query",
    "map4 playlist live --dry-run": "'map4 search --count QUERY' counts the tracks",
    "map4 playlist live --shuffle": "write shuffle:{weekly} in the query",
    "map4 playlist live --sort": "write sort:{bpm-} in the query",
    "map4 playlist live --stand": "'map4 playlist show LIST --save LIST --force' makes it a normal list",
    "map4 playlist live -n": "write limit:{50} in the query",
    "map4 similar --key": "write --query key:8A,9A",
    "map4 similar --tempo-max": "write --query bpm:..128",
    "map4 similar --tempo-min": "write --query bpm:120..",
    "map4 tags write --album-gain": "write --gain album",
    "map4 tags write --catalog-number": "--label writes the catalogue number, too",
    "map4 tags write --comment-marks": "write --marks comment",
    "map4 tags write --disc": "--track writes the number of the disc, too",
    "map4 tags write --disc-number": "--track writes the number of the disc, too",
    "map4 tags write --grouping-marks": "write --marks grouping",
    "map4 tags write --key-notation": "'map4 config set tags.key_notation camelot' sets the notation",
}
"""By command and option, such as `map4 playlist --bpm`, or by option for all commands: what to write instead, as the
end of a sentence; braces have an example of the option's value."""

SETTINGS: Mapping[str, OldSetting] = {
    **{
        f"analysis.{what}_certainty": OldSetting(
            f"MAP4_{what.upper()}_CERTAINTY",
            "the certainty that map4 ships counts; 'map4 stats' counts what changes",
        )
        for what in ("tempo", "key", "bars")
    },
    "mixed.encodings": OldSetting("MAP4_MIXED_ENCODINGS", "a server encodes 4 mixes at once"),
    "mixed.listeners": OldSetting("MAP4_MIXED_LISTENERS", "a server plays for 100 players at once"),
    "mixed.cache_gb": OldSetting("MAP4_MIXED_CACHE_GB", "set mix.cache_gb"),
    "serve.jellyfin": OldSetting(
        "MAP4_JELLYFIN", "use players for OpenSubsonic, such as Feishin, Symfonium or Supersonic"
    ),
    "serve.notify": OldSetting("MAP4_NOTIFY", "use the alerts for Prometheus in docs/monitoring.md"),
    "providers.discogs-dump": OldSetting("", "use providers.discogs"),
    "providers.musicbrainz-dump": OldSetting("", "use providers.musicbrainz"),
}
"""By name, also of a table of settings."""

_EXAMPLE = re.compile(r"{(.*?)}")
_WITH_VALUE = ("--library", "--config", "--user", "--color")


def instead_of_option(command: str, option: str, value: str | None) -> str | None:
    """What to write instead of an option that is gone, with the value it was given; None for any other option."""
    instead = OPTIONS.get(f"{command} {option}", OPTIONS.get(option))
    return instead and _EXAMPLE.sub(lambda example: shlex.quote(value) if value else example[1], instead)


def is_command_line(instead: str) -> bool:
    """True if the replacement of a command is a command, false for a sentence."""
    return instead.startswith("map4 ")


def old_setting(name: str) -> str | None:
    """What to do instead of a setting that is gone, or of a member of its table; None for any other name."""
    return next((old.instead for whole, old in SETTINGS.items() if f"{name}.".startswith(f"{whole}.")), None)


def new_line(words: list[str]) -> str | None:
    """A command line with its old command replaced; None if it has none, or the replacement is no command line.

    words: from the name of the program on; its path and global options may stand before the command
    """
    start = 1
    while start < len(words) and words[start].startswith("-"):
        start += 2 if words[start] in _WITH_VALUE else 1
    for length in (2, 1):
        instead = COMMANDS.get(" ".join(("map4", *words[start : start + length])))
        if instead is not None and is_command_line(instead):
            rest = [] if any(word.isupper() for word in instead.split()) else words[start + length :]
            return " ".join([*words[:start], *instead.split()[1:], *rest])
    return None
