"""`map4 help search`: the query language."""

from __future__ import annotations

from map4.base.text import in_columns
from map4.music.query.fields import FIELDS, IS_WORDS

_SEARCH = """\
Queries: map4 search QUERY, and --query in other commands

Terms are separated by spaces, and a track must match all of them. An empty
query matches every analysed track that is present.

  daft punk            words of artist, title, album, genre or path; case and
                       accents don't matter, beginnings of words count
  "deep house"         these words, whole and in this order
  genre:house          a value of a field (below)
  genre:=House         the whole value, or one of several separated by ;
  bpm:120..128         a range, both ends included; 120.. and ..128 are open
  bpm:~174             half and double time too: 87, 174, 348
  key:~8A              also the keys that mix with it
  added:-2w            in the last two weeks; also h, d, m, y, or 2026-01-31
  year:80s             1980 to 1989
  ^title:remix         leaves out what title:remix matches
  house or techno      either side; there are no brackets
  has:cues missing:bpm has:drop      a value, no value, a detected cue point
  sort:bpm-,artist limit:20 offset:20    order (- reverses it), and a range
  sort:random shuffle:weekly             random until midnight, or until Monday

Put single quotes around a query that contains quotes, *, > or ( :
map4 search 'artist:"the the" or label:mute'

Numbers match as shown: bpm:128 is everything that rounds to 128. Days begin at
midnight of your time; a month has 30 days, a year 365. played:..-6m matches
tracks last played six months ago or earlier, and tracks with 0 plays.

Fields
{fields}

Values of is:
{words}

Failed, missing and pending tracks are only found with is:failed, is:missing,
is:pending or is:any. In tables, ? marks a doubtful value, * a value of yours,
and E is the energy level 1-10. rating, plays, played, skipped, cues and mark
get columns if the query names them.

Where a command takes a track, write a path, an audio id, or words:
map4 similar 'velvet undertow'

Output for scripts: map4 help scripting. Options: map4 search --help
"""


def search() -> str:
    """The text, with every field and word that is declared."""
    fields = in_columns((field.example, field.help) for field in FIELDS.values())
    words = in_columns((f"is:{word}", about) for word, about in IS_WORDS.items())
    return _SEARCH.format(fields=fields, words=words)
