"""`map4 help exchange`: what map4 reads from DJ programs and players, and writes for them."""

EXCHANGE = """\
Exchange with DJ programs and players: map4 import, map4 export

map4 never changes a library that another program works with. What you import is
kept beside the measured values, as the source "imported".

Import. FILE is recognised by its content, or name its format: --from NAME.
  rekordbox       its XML (File > Export Collection in xml format)
  rekordbox-db    master.db of rekordbox 6 and 7; needs the extra rekordbox
  rekordbox-usb   a stick that rekordbox exported to, or its export.pdb
  traktor         collection.nml, an exported list, the History folder, or the
                  folder around both
  serato          a .crate, or the _Serato_ folder with its tracks' tags
  serato-tags     cue points and grids in the tags of any music
  virtualdj       database.xml, .vdjfolder lists, or the whole folder
  mixxx           mixxxdb.sqlite
  engine          the folder Engine Library, or the m.db in it
  apple-music     Library.xml of Music (File > Library > Export) or iTunes
  navidrome       .nsp, a smart playlist
  listenbrainz    what you heard: one listen per line, as JSON, or the .zip
  history         plays of Spotify, Last.fm, YouTube Music, Apple, Rockbox and
                  others, also in the .zip that a service sends
  cue             a .cue sheet: a list of files, or the cue points of a mix
  tags            groupings and My Tag comments of music, as marks (--marks)
  lists           m3u8 m3u pls xspf jspf csv json

  map4 import rekordbox.xml --path-map D:/Music=/home/me/Music
  map4 import master.db --marks my-tag        My Tags become your marks
  map4 import ~/Music/_Serato_ --marks lists  crates become lists and marks
  map4 import waiting                         entries whose file is missing

Entries are matched by path, by name and size, or by artist, title and length.
An entry without a file waits until a scan finds the file. Importing a file
again changes only what is new, and needs no second --path-map.

Export. The suffix of -o FILE decides the format; --to NAME decides otherwise.
  json jsonl csv xlsx parquet   everything, or a table
  html pdf                reports; --template dj_setlist, library, ...
  m3u8 m3u pls xspf jspf  lists for players
  rekordbox (xml), traktor (nml)   with cues (--with-cues), grids (--with-grid)
                          and lists
  serato (crate), virtualdj (vdjfolder)   lists
  virtualdj-database      cues and grids for a drive new to VirtualDJ
  navidrome (nsp)         the query of a live list
  listenbrainz            what you heard, one listen per line

  map4 export -o rekordbox.xml --with-grid --with-cues all
  map4 export --playlist Friday -o ~/Music/friday.m3u8 --relative-to ~/Music
  map4 export --into rekordbox.xml --replace key -o new.xml
  map4 export --query 'genre:house energy:7..' -o house.xlsx
  map4 export --to jsonl -o - | jq .tempo.bpm

The file is written completely or not at all. Music is never overwritten, and a
file that map4 did not write only with --force.

What survives between which programs: docs/dj-programs.md
All options: map4 import --help-all, map4 export --help-all
"""
