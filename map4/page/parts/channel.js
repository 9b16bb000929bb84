// The signal path of one track: normalised loudness, and DJ-style fades: the highs fade over the
// whole mix, the bass swaps at once so that only one bass plays (as in
// map4/core/audio/mixdown/mixdown.py).

export const TARGET_LUFS = -14;
const BASS_HZ = 180,
  SWAP_S = 0.12,
  POINTS = 65;
const RISES = Float32Array.from({ length: POINTS }, (_, i) =>
  Math.sin((Math.PI / 2) * (i / (POINTS - 1))),
);
const FALLS = RISES.slice().reverse();

// The gain that brings a track to the target loudness without clipping.
/** @param {Served.Loudness | null | undefined} loudness */
export function levelOf(loudness) {
  const lufs = loudness?.integrated_lufs ?? null,
    peak = loudness?.true_peak_dbtp ?? null;
  return lufs === null ? 1 : 10 ** (Math.min(TARGET_LUFS - lufs, -(peak ?? 0)) / 20);
}

export class Channel {
  // isMixed: it will be faded; otherwise the signal passes through without filters.
  /**
   * @param {BaseAudioContext} context @param {AudioNode} out @param {number} level
   * @param {boolean} isMixed
   */
  constructor(context, out, level, isMixed) {
    this.context = context;
    this.in = context.createGain();
    this.in.gain.value = level;
    this.low = context.createGain();
    this.high = context.createGain();
    if (!isMixed) {
      this.in.connect(out);
      return;
    }
    // Linkwitz-Riley crossover: the sum of both bands has a flat frequency response.
    for (const [type, end] of /** @type {["lowpass" | "highpass", GainNode][]} */ ([
      ["lowpass", this.low],
      ["highpass", this.high],
    ])) {
      const [first, second] = [0, 1].map(
        () =>
          new BiquadFilterNode(context, {
            type,
            frequency: BASS_HZ,
            Q: 20 * Math.log10(Math.SQRT1_2),
          }),
      );
      this.in.connect(first).connect(second).connect(end).connect(out);
    }
  }
  // Fades in or out. swapAt: when the bass swap ends; null fades the bass like the rest. Times are
  // context times and may be in the past.
  /**
   * @param {"in" | "out"} direction @param {number} at @param {number} lasts
   * @param {number | null} swapAt
   */
  fade(direction, at, lasts, swapAt) {
    const curve = direction === "in" ? RISES : FALLS;
    for (const [{ gain }, from, over] of /** @type {[GainNode, number, number][]} */ ([
      [this.high, at, lasts],
      swapAt === null ? [this.low, at, lasts] : [this.low, swapAt - SWAP_S, SWAP_S],
    ])) {
      const now = this.context.currentTime;
      gain.cancelScheduledValues(0);
      gain.setValueAtTime(curve[0], 0);
      if (from >= now) gain.setValueCurveAtTime(curve, from, over);
      else {
        const done = Math.min(1, (now - from) / over),
          rest = curve.subarray(Math.floor(done * (POINTS - 2)));
        if (done < 1) gain.setValueCurveAtTime(Float32Array.from(rest), now, (1 - done) * over);
        else gain.setValueAtTime(curve[POINTS - 1], now);
      }
    }
  }
  // Changes the gain.
  /** @param {number} level */
  set(level) {
    this.in.gain.setTargetAtTime(level, this.context.currentTime, 0.02);
  }
  close() {
    for (const node of [this.in, this.low, this.high]) node.disconnect();
  }
}
