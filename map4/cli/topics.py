"""`map4 help scripting`: output, file lists and exit codes for scripts."""

from map4.base.text import in_columns
from map4.cli.exits import ALL_ENDINGS, meanings_of

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


def scripting() -> str:
    """The text of the topic, with all exit codes."""
    codes = ((str(code), meaning) for code, meaning in meanings_of(*ALL_ENDINGS).items())
    return _SCRIPTING.format(codes=in_columns(codes))
