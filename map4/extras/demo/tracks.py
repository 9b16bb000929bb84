"""The tracks of the demo folder: invented artists, with the tempo and the key they are written in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSpec:
    """One track: what is played, how it is stored, and what its tags claim.

    style: a name of `styles.STYLES`
    bpm: true tempo; None has no beat (ambient)
    key: true key in Camelot notation
    chords: one token a bar, repeated; `ii7,V7` shares a bar. Roman numerals: large is major, small is minor
    seconds: rough length; the track is the nearest number of bars divisible by four, and an ending
    metre: beats a bar
    swing: delay of every second step, as a share of a step
    tuning_hz: frequency of A4
    start_s: time of the first beat, a downbeat; silence before it
    lufs: integrated loudness; `clip` reaches it by cutting off the peaks
    suffix, sr, channels, bits: how it is stored
    folder, file_name: where; "Artist/Album/NN Title.ext" where file_name is empty
    tag_bpm, tag_key: what the tags say, right or wrong; None leaves them out
    """

    artist: str
    title: str
    album: str
    genre: str
    year: int
    style: str
    bpm: float | None
    key: str
    chords: str
    seconds: float = 45.0
    metre: int = 4
    swing: float = 0.0
    tuning_hz: float = 440.0
    start_s: float = 0.1
    lufs: float = -11.0
    clip: bool = False
    suffix: str = "mp3"
    sr: int = 44100
    channels: int = 2
    bits: int = 16
    folder: str = ""
    file_name: str = ""
    track_number: int = 1
    tag_bpm: float | None = None
    tag_key: str | None = None
    isrc: str | None = None
    label: str | None = None
    note: str = ""


# fmt: off
SPECS: tuple[TrackSpec, ...] = (
    TrackSpec(artist="Nadia Vellum", title="Velvet Undertow", album="Basement Weather", genre="Deep House", year=2016,
              style="deep house", bpm=122, key="8A", chords="i7 i7 iv7 v7", seconds=48, suffix="flac", swing=0.12,
              start_s=0.25, lufs=-10, folder="Electronic", tag_bpm=122, tag_key="Am", label="Lantern Cellar"),
    TrackSpec(artist="Nadia Vellum", title="Four Doors Down", album="Basement Weather", genre="Deep House", year=2016,
              style="deep house", bpm=120, key="9A", chords="i7 VImaj7 iv7 v7", seconds=48, suffix="flac", swing=0.15,
              lufs=-10.5, folder="Electronic", track_number=2, tag_bpm=60, label="Lantern Cellar",
              note="tag: half tempo"),
    TrackSpec(artist="Konrad Eisen", title="Hall 9", album="Furnace Notes", genre="Techno", year=2019, style="techno",
              bpm=132, key="4A", chords="i i iv v", seconds=44, start_s=0.02, lufs=-9.5, folder="Electronic",
              tag_bpm=132.0, tag_key="4A", isrc="XX0001900001", label="Werk Null"),
    TrackSpec(artist="Aurelia Skye", title="Above the Weather", album="Horizons, Vol. 3", genre="Trance", year=2003,
              style="trance", bpm=138, key="11A", chords="i i VI V", seconds=50, lufs=-10, folder="Electronic",
              start_s=0.4, tag_bpm=138, tag_key="F#m", label="Highline"),
    TrackSpec(artist="Tin Fox", title="Razorwire Lullaby", album="Night Bus EP", genre="Drum & Bass", year=2011,
              style="drum & bass", bpm=174, key="6A", chords="i i VI VII", seconds=48, suffix="mp3", lufs=-9.5,
              folder="Electronic", tag_bpm=87, tag_key="Gm", isrc="XX0001100002", note="tag: half tempo"),
    TrackSpec(artist="Tin Fox", title="Glasshouse", album="Night Bus EP", genre="Drum & Bass", year=2011,
              style="drum & bass", bpm=178, key="3A", chords="i VI iv v", seconds=44, suffix="m4a", lufs=-10,
              folder="Electronic", track_number=2),
    TrackSpec(artist="Grumbeltron", title="Basalt", album="Tectonics", genre="Dubstep", year=2010, style="dubstep",
              bpm=140, key="5A", chords="i i VI V", seconds=48, suffix="wav", lufs=-10, folder="Electronic",
              tag_bpm=140),
    TrackSpec(artist="Nine Volt Choir", title="Splinters", album="Patch Bay", genre="Breaks", year=1999,
              style="breakbeat", bpm=130, key="10A", chords="i i iv V", seconds=46, lufs=-10.5,
              folder="Electronic", tag_bpm=130, tag_key="7A", note="tag: wrong key"),
    TrackSpec(artist="Mercer & Plum", title="Last Train to Woolwich", album="2 Step Forward", genre="UK Garage",
              year=2001, style="uk garage", bpm=131.5, key="2A", chords="i7 VImaj7 iv7 v7", seconds=46, suffix="m4a",
              swing=0.25, lufs=-10.5, folder="Electronic", tag_bpm=132),
    TrackSpec(artist="Chrome Delphin", title="Midnight Arcade", album="Neon Causeway", genre="Synthwave", year=2018,
              style="synthwave", bpm=108, key="12A", chords="i i VI V", seconds=48, suffix="flac", sr=48000,
              lufs=-11, folder="Electronic", tag_bpm=108, tag_key="C#m"),
    TrackSpec(artist="Slow Cathedral", title="Tidal Rooms", album="Six Drones for Winter", genre="Ambient", year=2014,
              style="ambient", bpm=None, key="1B", chords="Imaj7 IV I vi IVmaj7 I", seconds=60, suffix="flac",
              sr=48000, bits=24, lufs=-20, folder="Electronic", start_s=0.5, note="no beat"),
    TrackSpec(artist="DJ Hammerzeh", title="Alles Rot", album="Alles Rot", genre="Hard Techno", year=2023,
              style="hard techno", bpm=150, key="7A", chords="i i VI VII", seconds=45, lufs=-5.5, clip=True,
              folder="Electronic", tag_bpm=150, note="loud, clipped"),
    TrackSpec(artist="Lwazi Dube-Hart", title="Umoya Omuhle", album="Sunday Yard", genre="Amapiano", year=2021,
              style="amapiano", bpm=113, key="6B", chords="I IV ii7 V", seconds=48, suffix="opus", sr=48000,
              swing=0.1, lufs=-11, folder="Electronic", tag_bpm=113),
    TrackSpec(artist="Pixel Parson", title="Castle of Ladders", album="World 1-5", genre="Chiptune", year=2008,
              style="chiptune", bpm=160, key="11B", chords="I V vi IV I V I I", seconds=42, suffix="wav", channels=1,
              lufs=-12, folder="Electronic"),
    TrackSpec(artist="Ruben Oake", title="Corner Store Sermon", album="Loose Change", genre="Hip-Hop", year=1996,
              style="hip-hop", bpm=88, key="7A", chords="i7 i7 iv7 v7", seconds=50, swing=0.22, lufs=-11,
              folder="Hip-Hop", tag_bpm=88, tag_key="D minor", label="Loose Tooth"),
    TrackSpec(artist="Young Cartographer", title="No Map", album="No Map - Single", genre="Trap", year=2020,
              style="trap", bpm=144, key="4A", chords="i VI iv V", seconds=46, suffix="m4a", lufs=-9.5,
              folder="Hip-Hop", tag_bpm=72, note="tag: half tempo"),
    TrackSpec(artist="Mothlamp", title="Rain on the 2nd Floor", album="Study Hall Tapes", genre="Lo-Fi", year=2019,
              style="lo-fi", bpm=78, key="3B", chords="Imaj7 vi7 ii7 V7", seconds=50, suffix="ogg", sr=22050,
              channels=1, swing=0.2, lufs=-14, folder="Hip-Hop"),
    TrackSpec(artist="The Lignum Vitae Band", title="Easy Harbour", album="Easy Harbour", genre="Reggae", year=1977,
              style="reggae", bpm=76, key="9B", chords="I I IV V", seconds=52, suffix="ogg", lufs=-12,
              folder="World", tag_bpm=152, note="tag: twice tempo"),
    TrackSpec(artist="Los Primos del Muelle", title="La Gallina Filósofa", album="Puerto Chico", genre="Cumbia",
              year=1984, style="cumbia", bpm=98, key="5A", chords="i i V7 i", seconds=48, lufs=-11.5, folder="World",
              tag_bpm=98, tag_key="Cm"),
    TrackSpec(artist="Inês Caldeira", title="Guarda-Chuva", album="Tarde", genre="Bossa Nova", year=1965,
              style="bossa nova", bpm=126, key="2B", chords="Imaj7 Imaj7 ii7 V7", seconds=48, suffix="ogg", lufs=-14,
              folder="World"),
    TrackSpec(artist="Stella Marquee", title="Mirrorball Physics", album="Mirrorball Physics", genre="Disco",
              year=1979, style="disco", bpm=118, key="12B", chords="I vi IV V", seconds=48, suffix="aiff", lufs=-11,
              folder="Pop & Rock", tag_bpm=118, tag_key="E", label="Satin Records", isrc="XX0007900003"),
    TrackSpec(artist="Paper Lanterns", title="Tell the Dog I Miss Him", album="Small Hours", genre="Pop", year=2012,
              style="pop", bpm=104, key="8B", chords="I V vi IV I V IV I", seconds=48, suffix="m4a", lufs=-10,
              folder="Pop & Rock", tag_bpm=104, tag_key="C"),
    TrackSpec(artist="The Gravel Kings", title="Two Lane Heart", album="Diesel Hymns", genre="Rock", year=1991,
              style="rock", bpm=134, key="10B", chords="I I IV I I I V I", seconds=45, lufs=-10.5, folder="Pop & Rock",
              tag_bpm=134, tag_key="Bm", note="tag: relative"),
    TrackSpec(artist="Maren Holloway", title="Kettle Song", album="Letters Unsent", genre="Ballad", year=2005,
              style="ballad", bpm=70, key="5B", chords="I vi IV V I iii IV I", seconds=55, suffix="flac",
              tuning_hz=432.0, lufs=-13, folder="Pop & Rock", start_s=0.6, note="A = 432 Hz"),
    TrackSpec(artist="Vestal Phones", title="Dial Tone Romance", album="Answering Machine", genre="Synth-Pop",
              year=1983, style="synth-pop", bpm=116, key="1A", chords="i VI iv V", seconds=46, start_s=3.0, lufs=-11,
              folder="Pop & Rock", tag_bpm=116, note="3 s of silence"),
    TrackSpec(artist="The Gravel Kings", title="Boot Leather", album="Diesel Hymns", genre="Funk", year=1991,
              style="funk", bpm=112, key="9A", chords="i7 i7 IV7 i7", seconds=46, suffix="wav", tuning_hz=446.0,
              lufs=-11, folder="Pop & Rock", track_number=2, note="A = 446 Hz"),
    TrackSpec(artist="Ottilie Brandt-Weiß", title="Karussell im Schnee", album="Wiener Kleinigkeiten", genre="Waltz",
              year=1958, style="waltz", bpm=96, key="7B", chords="I I IV I V7 V7 I I", seconds=45, metre=3,
              suffix="wav", bits=24, lufs=-14, folder="Jazz & Classical", tag_bpm=96, note="3/4"),
    TrackSpec(artist="Clementine Dupree Quartet", title="Second Spoon", album="At the Blue Kettle", genre="Jazz",
              year=1961, style="jazz", bpm=164, key="6B", chords="Imaj7 vi7 ii7 V7 Imaj7 vi7 ii7,V7 I6", seconds=47,
              suffix="ogg", lufs=-14, folder="Jazz & Classical"),
    TrackSpec(artist="Hollis Ferne", title="The Miller's Ghost", album="Hedgerow Songs", genre="Folk", year=1972,
              style="folk", bpm=92, key="4B", chords="I IV I V vi IV V I", seconds=45, suffix="aiff", channels=1,
              lufs=-26, tuning_hz=443.0, folder="Jazz & Classical", note="quiet"),
    TrackSpec(artist="Sigríður Ößler", title="Ævintýri", album="Hrím", genre="Dream Pop", year=2015,
              style="dream pop", bpm=84, key="3B", chords="I iii IV I", seconds=48, suffix="flac", lufs=-12,
              folder="Incoming", file_name="Sigríður Ößler – Ævintýri.flac", tag_bpm=84),
    TrackSpec(artist="銀河ラジオ", title="夏の終電", album="銀河ラジオ", genre="City Pop", year=1982, style="disco",
              bpm=110, key="10B", chords="I IV ii7,V7 I", seconds=44, suffix="mp3", lufs=-11, folder="Incoming",
              file_name="銀河ラジオ - 夏の終電.mp3", tag_bpm=110, tag_key="D"),
    TrackSpec(artist="Pandora's Toolbox", title="Static Bloom", album="White Label", genre="Techno", year=2017,
              style="techno", bpm=128, key="12A", chords="i i iv v", seconds=40, suffix="flac", lufs=-10,
              folder="Incoming", file_name="Pandoras Toolbox - Static Bloom (flac inside).mp3",
              note="FLAC named .mp3"),
    TrackSpec(artist="Café Naïf", title="Les Horaires", album="Les Horaires", genre="Chanson", year=1969,
              style="waltz", bpm=144, key="8A", chords="i i iv iv V7 V7 i i", seconds=42, metre=3, suffix="mp3",
              lufs=-13, folder="Incoming", file_name="Caf\udce9 Na\udceff - Les Horaires.mp3", tag_bpm=144,
              note="3/4, Latin-1 name"),
    # What goes with the first two: a crate to make a first list of, by as many artists.
    TrackSpec(artist="Halcyon Row", title="Night Ferry", album="Crossings", genre="House", year=2018,
              style="deep house", bpm=123, key="9A", chords="i7 iv7 VImaj7 v7", seconds=46, swing=0.1, lufs=-10,
              folder="Electronic", tag_bpm=123, tag_key="Em", label="Lantern Cellar"),
    TrackSpec(artist="Odile Marsh", title="Paper Tigers", album="Paper Tigers EP", genre="House", year=2014,
              style="deep house", bpm=124, key="10A", chords="i7 v7 iv7 i7", seconds=46, lufs=-9.5,
              folder="Electronic", tag_bpm=124),
    TrackSpec(artist="Theo Lindqvist", title="Slow Orbit", album="Perigee", genre="Deep House", year=2020,
              style="deep house", bpm=121, key="7A", chords="i7 i7 VImaj7 iv7", seconds=46, suffix="flac", swing=0.14,
              lufs=-10.5, folder="Electronic", tag_bpm=121, tag_key="Dm"),
    TrackSpec(artist="Casa Mireille", title="Rue des Lilas", album="Rive Gauche", genre="French House", year=1998,
              style="disco", bpm=124, key="8B", chords="Imaj7 vi7 ii7 V7", seconds=46, lufs=-11,
              folder="Electronic", tag_bpm=124, label="Satin Records"),
    TrackSpec(artist="Juno Paragon", title="Glass Elevator", album="Mezzanine Lights", genre="Tech House", year=2021,
              style="techno", bpm=126, key="8A", chords="i i iv v", seconds=46, lufs=-10.5, folder="Electronic",
              tag_bpm=126, tag_key="8A"),
    TrackSpec(artist="Mika Osei", title="Low Tide Market", album="Harbour Sessions", genre="Afro House", year=2022,
              style="amapiano", bpm=120, key="7A", chords="i iv7 VImaj7 v7", seconds=46, swing=0.08, lufs=-10.5,
              folder="Electronic", tag_bpm=120),
    TrackSpec(artist="Delphine Roux", title="Afterglow", album="Blue Hours", genre="Deep House", year=2017,
              style="deep house", bpm=122, key="8B", chords="Imaj7 vi7 IVmaj7 V7", seconds=46, suffix="m4a", swing=0.12,
              lufs=-10, folder="Electronic", tag_bpm=122, tag_key="C"),
    TrackSpec(artist="Parallel Motion", title="Second Nature", album="Loop Theory", genre="Tech House", year=2019,
              style="techno", bpm=125, key="9A", chords="i i VI v", seconds=46, lufs=-10, folder="Electronic",
              tag_bpm=125, tag_key="Em"),
)
# fmt: on
