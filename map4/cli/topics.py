"""`map4 help scripting`: output, file lists and exit codes for scripts. `map4 help install`: the extras."""

from contextlib import suppress

from map4.cli.exits import ALL_ENDINGS, meanings_of
from map4.core.base.declarations import declarations, declared_in
from map4.core.base.text import in_columns
from map4.version import how_to_add

_SCRIPTING = """\
Scripts: output, lists of files, exit codes

Output options, of commands that print tracks
  --json         one JSON document
  --jsonl        one line of JSON per item, as soon as it is ready
  --csv          CSV with a header
  --paths        one path per line
  -0, --print0   paths ended by NUL, for xargs -0
  -f TEXT        your own format: '{{artist}} - {{title}}', with CSV column names
  --key-notation camelot, openkey or musical (also MAP4_KEY_NOTATION)

stdout has only the requested data, in UTF-8. Progress and warnings go to
stderr. Colours and progress bars need a terminal. -q leaves only errors.
'map4 schema' lists the kinds of JSON documents, 'map4 schema track' prints the
JSON Schema of one. Times are UTC in JSON and CSV, local in tables.

Lists of files
  --files-from FILE     more paths, one per line; - is stdin
  find . -name '*.mp3' -print0 | map4 scan --files-from -

Commands ask for confirmation only on a terminal. Elsewhere, and with
--no-input, a command that deletes or moves things needs --yes, else it exits
with 2.

Exit codes. After 129, 130 and 143, finished work is kept.
{codes}

Environment: MAP4_LIBRARY, MAP4_CONFIG, MAP4_USER, NO_COLOR; 'map4 config' lists
every setting with its variable.

More, with cron and signals: docs/scripting.md
"""

_INSTALL = """\
Extras: packages for further tasks

  {heading}
{rows}

The command that adds an extra, with its name for EXTRA:
  {command}
Several are '.[serve,watch]'. uv removes the extras that its command leaves out.
"""


def install() -> str:
    """The text of the topic: the declared tasks, and the extras of parts that are not installed."""
    declared = (row for each in (*declarations(), *declared_in("map4.formats")) for row in each.package_extras)
    rows = [(row.purpose, row.name) for row in sorted(declared, key=lambda row: row.order)]
    absent = sorted(package_extras() - {name for _, name in rows})
    rows += [("a part of map4 that is not installed here", name) for name in absent]
    heading, *lines = (f"{purpose:54}{name}" for purpose, name in (("to do this", "extra"), *rows))
    return _INSTALL.format(heading=heading, rows="\n".join(f"  {line}" for line in lines), command=how_to_add("EXTRA"))


def package_extras() -> set[str]:
    """The extras in the metadata of the package; none if it is not installed."""
    from importlib.metadata import PackageNotFoundError, metadata  # takes longer than all of `map4 --help`

    with suppress(PackageNotFoundError):
        return set(metadata("map4-music").get_all("Provides-Extra") or ())
    return set()


def scripting() -> str:
    """The text of the topic, with all exit codes."""
    codes = ((str(code), meaning) for code, meaning in meanings_of(*ALL_ENDINGS).items())
    return _SCRIPTING.format(codes=in_columns(codes))
