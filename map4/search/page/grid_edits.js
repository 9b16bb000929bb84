// Editing of the beat grid of a track.
import { rounded } from "./cues.js";

/** @param {Page.ShownTrack} view */
export function gridEdits(view) {
  const { wave } = view;
  return { words, barOne, shift, nudge, times };

  // The source of the grid, and the confidence of bar one.
  function words() {
    const { track, lines } = view,
      sure = track?.downbeat_confidence ?? null;
    if (!track) return "";
    // used while the track has its tempo
    if (JSON.stringify(track.user?.grid) === JSON.stringify(track.grid_marks)) return "your grid";
    if (!lines.has) return "no beats known";
    if (!track.grid_marks.length) return "detected beats";
    return sure !== null && sure < 0.5 ? `bar one uncertain: ${Math.round(100 * sure)} % sure` : "";
  }
  function barOne() {
    const bpm = view.track?.tempo?.bpm,
      at = wave.at;
    if (view.track?.grid_marks.length)
      view.set({ downbeat_s: Math.max(0, at) }, `Bar one at ${view.words(at).split(",")[0]}`);
    // For a track without a grid: a grid of its tempo from here on.
    else if (bpm)
      view.set(
        { grid: [{ position_s: at, bpm, metre: 4, beat: 1 }] },
        `Grid of ${bpm} BPM from here`,
      );
    else view.app.say("No tempo yet. Tap it or type it.");
  }
  // Moves bar one by beats; the beat lines stay.
  /** @param {number} by */
  function shift(by) {
    const { lines, track } = view;
    if (!lines.has || !track?.grid_marks.length) return barOne();
    const from = lines.times[lines.bars.findIndex((bar) => bar > 0)] ?? lines.times[0],
      to = lines.step(from, by),
      beat = lines.beat(from);
    view.set(
      { downbeat_s: to < from === by < 0 && to !== from ? to : from + by * beat + 4 * beat },
      by < 0 ? "Bar one a beat earlier" : "Bar one a beat later",
    );
  }
  /** @param {number} by */
  function nudge(by) {
    const grid = gridWith(({ position_s: s }) => ({ position_s: rounded(s + by) }));
    if (!grid.length) return barOne();
    view.set({ grid }, `Grid ${Math.abs(by) * 1000} ms ${by < 0 ? "earlier" : "later"}`);
  }
  // The grid changes with the tempo: a grid of another tempo would be ignored.
  /** @param {number} factor */
  function times(factor) {
    const grid = gridWith(({ bpm }) => ({ bpm: bpm * factor })),
      bpm = view.track?.tempo?.bpm,
      now = bpm ? `: ${Math.round(bpm * factor * 100) / 100} BPM` : "",
      words = (factor < 1 ? "Half the tempo" : "Double the tempo") + now;
    view.set({ factor, ...(grid.length && { grid }) }, words);
  }
  // The marks as stored, without unknown values, each with a change.
  /** @param {(mark: Served.GridMark) => Partial<Served.GridMark>} change */
  function gridWith(change) {
    return (view.track?.grid_marks ?? []).map((mark) =>
      Object.fromEntries(
        Object.entries({ ...mark, ...change(mark) }).filter(([, value]) => value != null),
      ),
    );
  }
}
