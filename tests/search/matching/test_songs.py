"""Whether two names are one song: main artist and base title, whatever the version."""

from collections.abc import Iterator

from map4.search import Song, SongSet

ONE_SONG = """
    Ann Lee: Glass Elevator = Ann Lee: Glass Elevator (Live)
    Ann Lee: Glass Elevator = Ann Lee: Glass Elevator - 2019 Remaster
    Ann Lee: Cold Hours (Acoustic Version) = Ann Lee: Cold Hours - Live at Pier 9, Boston
    Ann Lee: Cold Hours = Ann Lee: Cold Hours Live | New Order: Blue Monday = New Order: Blue Monday 1988
    New Order: Blue Monday (12" Version) = New Order: Blue Monday - 2011 Total Version
    Kasper: Night Drive (Original Mix) = Kasper: Night Drive (Extended Mix)
    Kasper: Night Drive = Kasper: Night Drive [Hollis Remix]
    Kasper: Night Drive Radio Edit = Kasper: Night Drive (Club Dub)
    Herbert Grönemeyer: Männer = Herbert Groenemeyer: Maenner (2002 Digital Remaster)
    Die Ärzte: Schrei nach Liebe = Die Aerzte: Schrei nach Liebe (Live)
    Motörhead: Ace of Spades = Motorhead: Ace Of Spades - Live At Hammersmith '81
    Ann Lee: Song for Ann (feat. Bo) = Ann Lee: Song for Ann
    Ann Lee ft. Bo: Song for Ann = Ann Lee: Song for Ann ft. Bo - Radio Edit
    Ann Lee: Song for Ann (with Bo) = Ann Lee feat. Bo: Song for Ann [Instrumental]
    Pink Floyd: Another Brick, Pt. 2 = Pink Floyd: Another Brick (Part II) [2011 Remastered Version]
    Prince: 1999 = Prince: 1999 - Edit; 2019 Remaster | The Beatles: Help! = Beatles: Help! (Mono)
    Beatles, The: Hey Jude = The Beatles: Hey Jude (Take 1) | Jackson, Michael: Bad = Michael Jackson: Bad (Demo)
    Akari: Corneria = Akari: Corneria (Orchestral Version)
    Karajan: Symphony No. 5, Op. 67: I. Allegro con brio = Karajan: Symphony no. 5, op. 67: I. Allegro Con Brio (Live)
    DJ Lux: Your Hands (Clean) = DJ Lux: Your Hands (Intro Clean)
    DJ Lux: Your Hands [Explicit] = DJ Lux: Your Hands (Official Video)
    Juli: Zu zweit (Akustik) = Juli: Zu zweit (Live aus Berlin) | Juanes: La luz (En Vivo) = Juanes: La Luz
    Eagles: Hotel Room (Live on MTV, 1994) = Eagles: Hotel Room - 2013 Remaster
    Simon & Garfunkel: Cecilia = Simon and Garfunkel: Cecilia (Demo)
    Taylor: Style (Taylor's Version) = Taylor: Style | Ann Lee: Intro 1:00 = Ann Lee: Intro (Remastered) 1:02
"""
OTHER_SONGS = """
    Ann Lee: Home = Ann Lee: Home (Intro) | Ann Lee: Home = Ann Lee: Home (Reprise)
    Ann Lee: Home = Ann Lee: Home (Cover) | Ann Lee: Home = Bo Kim: Home | Ann Lee: Home = Ann Lee: Home Again
    Ann Lee: Drift = Ann Lee: Drift (Version 2) | Ann Lee: Drift = Ann Lee: Drift 3
    Ann Lee: Drift = Ann Lee: Drift II | Ann Lee: Drift, Pt. 1 = Ann Lee: Drift, Pt. 2
    Ann Lee: Drift (Part 1) [Live] = Ann Lee: Drift (Part 4) | Ann Lee: Summer 1968 = Ann Lee: Summer 1969
    Ann Lee: Live to Tell = Ann Lee: To Tell | Ann Lee: Born to Live = Ann Lee: Born To
    Ann Lee: Acoustic Summer = Ann Lee: Summer | Mozart: Allegro 4:00 = Mozart: Allegro 5:10
    Mozart: II. Andante con moto 6:00 = Mozart: II. Andante con moto 7:30
    Mozart: Menuetto - Trio 3:00 = Mozart: Menuetto 3:30 | Ann Lee: Intro 1:00 = Ann Lee: Intro 1:20
    Ann Lee: Untitled 3:00 = Ann Lee: Untitled (Live) 4:00 | Ann Lee: Track 3 3:00 = Ann Lee: Track 3 4:00
    Nobuo: Game Over 0:10 = Nobuo: Game Over 0:20 | Nobuo: Battle Theme 2:00 = Nobuo: Battle Theme 2:31
    Karajan: Symphony No. 5, Op. 67: I. Allegro = Karajan: Symphony No. 5, Op. 67: II. Andante
    Karajan: Symphony No. 5 in C minor, Op. 67: I. Allegro = Karajan: Symphony No. 6 in F major, Op. 68: I. Allegro
    Koji: Level 1 = Koji: Level 2 | Stones: (I Can't Stay) Here = Stones: Stay | Kasper: Remix = Kasper: Mix
    Unknown Artist: Song 3:00 = Unknown Artist: Song 4:00 | Ann Lee: Home (Skit) = Ann Lee: Home
    Ann Lee: Dub Be Good = Ann Lee: Be Good
"""


def pairs(lines: str) -> Iterator[tuple[str, bool]]:
    """Each pair, and whether it is one song. A length may follow a title; without any, it is 3:20 and 4:10."""
    for line in lines.replace(" | ", "\n").strip().splitlines():
        songs = []
        for name, usual_s in zip(line.strip().split(" = "), (200.0, 250.0), strict=True):
            artist, title = name.split(": ", 1)
            rest, _, length = title.rpartition(" ")
            minutes, colon, seconds = length.partition(":")
            has_length = bool(colon) and seconds.isdigit()
            duration_s = 60.0 * int(minutes) + int(seconds) if has_length else usual_s
            songs.append((Song.of(artist, rest if has_length else title), duration_s))
        (a, a_s), (b, b_s) = songs
        yield line.strip(), a.is_same_as(b, a_s, b_s)


# Title, work and movement of two tracks of Mahler, 3:20 and 4:10, and whether they are one song.
WORKS = """
    Allegro,Symphony 1,1 = Allegro,Symphony 1,1: yes | Allegro,Symphony 1,1 = I. Langsam,Symphony 1,1: yes
    Allegro,Symphony 1,1 = Allegro,Symphony 2,1: no | Allegro,Symphony 1,1 = Allegro,Symphony 1,3: no
    Allegro,Symphony 1,Allegro = Moll,Symphony 1,allegro: yes | Allegro,Symphony 1,1 = Allegro,,: no
    Urlicht,Symphony 2,4 = Urlicht,,: yes | Urlicht,Symphony 2,4 = Urlicht (Live),Wunderhorn,12: no
    Intro,Suite,= Intro,Suite,: yes | Intro,Suite, = Finale,Suite,: no | Fog,Fog, = Fog (Live),Fog,: yes
"""


def test_work_and_movement_decide_where_both_are_known() -> None:
    for line in WORKS.replace(" | ", "\n").strip().splitlines():
        pair, _, is_one = line.rpartition(": ")
        a, b = (Song.of("Mahler", title, work=work, movement=movement) for title, work, movement in
                (side.strip().split(",") for side in pair.split("=")))  # fmt: skip
        seen = SongSet()
        assert (a.is_same_as(b, 200.0, 250.0), is_one) in ((True, "yes"), (False, "no")), line
        assert (seen.add(a, 200.0, 7), seen.add(b, 250.0)) == (None, 7 if is_one == "yes" else None), line


def test_versions_are_one_song_and_other_pieces_are_not() -> None:
    assert [line for line, is_one in pairs(ONE_SONG) if not is_one] == []
    assert [line for line, is_one in pairs(OTHER_SONGS) if is_one] == []
