"""The track list of a recorded set, made by hand."""

from map4.core.music.analysis.key import ALL_KEYS
from map4.extras.unmix.records import MixedOn, Passage, PlayedTrack, Unmixed

LENGTH_S = 20.0


def played(path: str, *, artist: str | None = None, title: str | None = None) -> PlayedTrack:
    return PlayedTrack(path=path, artist=artist, title=title)


def recorded_set(path: str, first: PlayedTrack, second: PlayedTrack, third: PlayedTrack) -> Unmixed:
    """Twenty seconds: a track, mixed into a second that plays 5 % faster, then something unknown, and a third, cut to
    the first again."""

    def passage(
        track: PlayedTrack,
        start_s: float,
        end_s: float,
        at_s: float,
        mix: MixedOn | None = None,
        speed: float = 1.0,
        sure: float = 0.9,
    ) -> Passage:
        lasts_s = (end_s - start_s) * speed
        return Passage(
            start_s=start_s, end_s=end_s, track=track, track_start_s=at_s, track_end_s=at_s + lasts_s, speed=speed,
            pitch=speed, gain_db=-1.0, start_certainty=sure,
            end_certainty=0.9, certainty=0.97, bpm=120.0 * speed, key=ALL_KEYS[3], mix=mix,
        )  # fmt: skip

    fade = MixedOn(kind="fade", at_s=5.5, lasts_s=2.0, bars=True)
    cut = MixedOn(kind="cut", at_s=16.0, lasts_s=0.0)
    return Unmixed(
        path=path,
        duration_s=LENGTH_S,
        compared=3,
        tracks=(
            passage(first, 0.5, 6.5, 10.0, fade),
            passage(second, 4.5, 10.0, 2.0, speed=1.05, sure=0.8),
            Passage(start_s=10.0, end_s=13.0, bpm=131.0),
            passage(third, 13.0, 16.0, 0.0, cut),
            passage(first, 16.0, LENGTH_S, 30.0),
        ),
    )
