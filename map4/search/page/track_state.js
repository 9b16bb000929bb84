// The shown track: its data with pending edits, and what the account may do with it.
import { BeatLines } from "../../page/parts/beat_lines.js";
import { computed, resource } from "../../page/parts/html.js";
import { clock } from "../../page/parts/wording.js";

/**
 * @typedef {Served.With<Served.Track, "cues" | "grid_marks">} TrackData
 * @typedef {{ track: TrackData, fields: Record<string, Served.FieldValue>,
 *   problem?: Page.Problem }} TrackNow  problem: why its file is refused
 * @typedef {ReturnType<typeof trackState>} TrackState
 */

/** @param {Page.App} app */
export function trackState(app) {
  const { player, server } = app,
    found = /** @type {Page.Resource<TrackNow>} */ (resource()); // with pending edits
  const lines = computed(() => {
    const { track } = found.value ?? {};
    return BeatLines.of({
      marks: track?.grid_marks ?? [],
      beats: track?.beats_s ?? [],
      downbeats: track?.downbeats_s ?? [],
      duration: track?.file?.duration_s ?? 0,
    });
  });
  const state = {
    app,
    found,
    id: "",
    isShown: false,
    get track() {
      return found.value?.track ?? null;
    },
    get lines() {
      return lines.value;
    },
    get isGone() {
      return /** @type {Page.Problem | null} */ (found.error)?.meaning === "gone";
    },
    get duration() {
      return state.track?.file?.duration_s ?? 0;
    },
    get mayEdit() {
      return server.may("correct");
    },
    get mayOwn() {
      return server.may("own");
    },
    get isHere() {
      return player.track?.id === state.id || player.queued[player.at]?.id === state.id;
    },
    // Cues set by people; only these are stored.
    get placed() {
      return (state.track?.cues ?? []).filter(({ source }) => source !== "detected");
    },
    /** @param {number} s */
    words(s) {
      const bar = lines.value.bar(s);
      return clock(s, 1) + (bar ? `, bar ${bar}` : bar === 0 ? ", before bar 1" : "");
    },
  };
  return state;
}
