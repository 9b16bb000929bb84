"""`map4 help playlists`: how lists are made and kept."""

PLAYLISTS = """\
Playlists: lists in which each track mixes into the next

Make one
  map4 playlist --seed track.mp3 -n 50        begin with a track, sound like it
  map4 playlist --from a.mp3 --to b.mp3       lead from one track to another
  map4 playlist --query 'genre:house' --curve wave --minutes 90
  map4 playlist --from-plays 30d              begin with what you heard most in
                                              30 days and its neighbours, but
                                              nothing that you heard today

Limits. No recording comes twice. An artist returns after 4 tracks. A tempo step
is at most 6 % (--policy strict 3 %, creative 10 %), and no track is further
from the first than two such steps. Keys mix (--harmonic), clashing genres don't
follow each other, energy stays within .15 of the curve, and all tracks are in
the half of the library that sounds most like the seed. If no track keeps all
limits, map4 relaxes them for as few tracks as possible, gaps first, then genre,
energy and sound, then key, and tempo last. ! marks these weak steps, and poor
mixes. A limit that you give is kept: if that is impossible, the list ends there
and the exit code is 4. --relax loosens your limits too.

Energy. --curve takes ascending, descending, wave, plateau, warm_up, peak_time,
closing, dj_set, or points of percent and energy: 0:.3,50:.9,100:.4. Without it
the list keeps the seed's energy.

Presets. --preset sets several options at once: warm_up, peak_time, closing,
dj_set, radio, workout, dinner, or your own in map4.toml. Options that you give
override it.

Wishes. --prefer and --avoid take queries and break no limit. --like-my-sets
prefers transitions that your own sets use more than chance would explain.

Use a list. LIST is a stored list, a playlist file, or - for stdin. These
commands never change LIST: -o FILE writes the result, --save NAME stores it.
  map4 playlist check LIST         quality, weak steps, better places
  map4 playlist order LIST         the order that mixes best
  map4 playlist fill LIST --refresh    replace what no longer fits
  map4 playlist fill LIST -n 50    add tracks
  map4 playlist merge A B          one after the other, each recording once
  map4 playlist show LIST -o set.m3u8 --relative-to ~/Music

Keep a list. --save NAME stores it in the library.
  map4 playlist list               what is stored
  map4 playlist versions NAME      the last hundred states, to go back to
  map4 playlist delete NAME        'playlist versions' can bring it back
  map4 playlist live NAME QUERY    a smart list: its query runs at each use

Reasons for each track: --explain. The set as a picture: --figures. Quality and
formats: docs/playlists.md. All options: map4 playlist --help-all
"""
