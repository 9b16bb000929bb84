// What the player bar says about its player: the track or transition that plays, and the place.
import { TARGET_LUFS } from "./channel.js";
import { signed } from "./joint.js";
import { clock } from "./wording.js";
/** @typedef {{ at: number, of: number }} Moment  in seconds */

// The track or transition, and what the buttons do.
/** @param {Page.Player} player */
export function nowPlaying({ track, joint, isOn, isLevelled, queued, at }) {
  const one = queued[at],
    about = track ?? one,
    lufs = track?.loudness?.integrated_lufs ?? null,
    change = joint?.plan ? signed(100 * (joint.plan.speed - 1)) : "±0 %",
    what = joint?.keepsPitch ? "speed" : "speed and pitch";
  return {
    isThere: Boolean(one || joint),
    toggles: joint ? "stop" : isOn ? "pause" : "play",
    hasTrack: Boolean(one),
    hasNext: at + 1 < queued.length,
    id: joint ? null : (track?.id ?? null),
    title: joint ? joint.title || "A transition" : (about?.title ?? "…"),
    artist: joint
      ? `transition${change === "±0 %" ? "" : `, second track ${change} in ${what}`}`
      : (about?.artist ?? ""),
    album: joint ? null : track?.album || track?.artist || track?.title, // tints a missing cover
    loudness: lufs === null || joint ? "" : `${lufs.toFixed(1).replace("-", "−")} LUFS`,
    levels: isLevelled
      ? `Normalised to ${TARGET_LUFS} LUFS; press for the original loudness`
      : "Original loudness; press to normalise all tracks",
    place: `${at + 1} of ${queued.length}`,
  };
}

// The place in the track, or in a transition, which no media element plays.
/** @param {Page.Player} player @returns {Moment} */
export function momentOf({ track, joint, time, sound }) {
  if (!joint) return { at: time, of: track?.duration ?? 0 };
  const since = (sound?.context.currentTime ?? 0) - joint.beginsAt; // Infinity at first
  return { at: Math.max(0, Math.min(joint.ends, since)), of: joint.ends };
}

// A place with its phrase.
/** @param {Page.Player} player @param {Moment} moment */
export function placeWords({ track, joint }, { at, of }) {
  const phrase = track?.phrases.find(({ start_s, end_s }) => start_s <= at && at < end_s),
    named = phrase && !joint ? `, ${phrase.role ?? `part ${phrase.group}`}` : "";
  return `${clock(at)} of ${clock(of)}${named}`;
}
