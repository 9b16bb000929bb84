"""Changed joints of an exported list as cue points."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from map4.core.music.mixing.mix_plan import MixPlan
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.track import Track
from map4.formats import ExportContent


def with_joint_cues(content: ExportContent) -> ExportContent:
    """A list in which the places of joints that a person changed are cue points, for programs that know no joints."""
    listed = content.playlist
    if listed is None or not listed.header.joints:
        return content
    joints, cues = {(joint.of, joint.to) for joint in listed.header.joints}, defaultdict[str, set[CuePoint]](set)
    for last, (track, pick) in zip(listed.tracks, list(listed.listed())[1:], strict=False):
        if isinstance(pick.plan, MixPlan) and (last.audio_id, track.audio_id) in joints:
            out_s, in_s = pick.plan.leave.at_s, pick.plan.enter.at_s
            cues[last.path].add(CuePoint(position_s=out_s, kind="fade_out", name="Mix out"))
            cues[track.path].add(CuePoint(position_s=in_s, kind="fade_in", name="Mix in"))

    def marked(track: Track) -> Track:
        if track.path not in cues:
            return track
        points = sorted({*track.set_cues(), *cues[track.path]}, key=lambda cue: cue.position_s)
        return replace(track, user=replace(track.user, cues=tuple(points)))

    tracks = [marked(track) for track in listed.tracks]
    return replace(content, tracks=tracks, playlist=replace(listed, tracks=tracks))
