// The beats of a track and the bar starts, from the grid if there is one, otherwise as detected.

const NEARLY_S = 0.07;

export class BeatLines {
  /**
   * @param {number[]} times  rising
   * @param {number[]} bars  bar number at a bar start, otherwise 0
   */
  constructor(times, bars) {
    this.times = times;
    this.bars = bars;
  }
  /**
   * @param {{ marks: Served.GridMark[], beats: number[], downbeats: number[], duration: number
   *   }} known
   */
  static of({ marks, beats, downbeats, duration }) {
    if (marks.length) return BeatLines.ofMarks(marks, duration);
    let bar = 0;
    return new BeatLines(
      beats,
      beats.map((s) => (bar < downbeats.length && s > downbeats[bar] - NEARLY_S ? ++bar : 0)),
    );
  }
  /** @param {Served.GridMark[]} marks @param {number} duration */
  static ofMarks(marks, duration) {
    const times = /** @type {number[]} */ ([]),
      bars = /** @type {number[]} */ ([]);
    let bar = 0;
    marks.forEach(({ position_s, bpm, metre, beat }, at) => {
      const period = 60 / bpm,
        end = marks[at + 1]?.position_s ?? duration,
        first = at ? 0 : -Math.floor(position_s / period + 1e-6);
      for (
        let i = first, s = position_s + first * period;
        s < end - 1e-4;
        s = position_s + ++i * period
      ) {
        times.push(s);
        const isOne = metre && beat && (((beat - 1 + i) % metre) + metre) % metre === 0;
        bars.push(isOne ? ++bar : 0);
      }
    });
    return new BeatLines(times, bars);
  }
  get has() {
    return this.times.length > 1;
  }
  // The index of the first beat at or after a time.
  /** @param {number} s */
  after(s) {
    let low = 0,
      high = this.times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] < s) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  /** @param {number} s  returns the nearest beat, or s itself without beats */
  nearest(s) {
    if (!this.times.length) return s;
    const at = this.after(s),
      [before, behind] = [this.times[at - 1] ?? -Infinity, this.times[at] ?? Infinity];
    return s - before < behind - s ? before : behind;
  }
  // Moves by a number of beats, or bars if isBars.
  /** @param {number} s @param {number} by @param {boolean} [isBars] */
  step(s, by, isBars = false) {
    const times =
      isBars && this.bars.some(Boolean) ? this.times.filter((_, i) => this.bars[i]) : this.times;
    if (!times.length) return s + by * (isBars ? 2 : 0.5);
    const eps = 0.01,
      behind = times.findIndex((one) => one > s + eps),
      at = by > 0 ? behind : times.filter((one) => one < s - eps).length - 1;
    if (at < 0) return by > 0 ? times[times.length - 1] : times[0];
    return times[Math.max(0, Math.min(times.length - 1, at + by - Math.sign(by)))];
  }
  // The bar at a time, from 1; 0 before the first bar, null if bars are unknown.
  /** @param {number} s */
  bar(s) {
    if (!this.bars.some(Boolean)) return null;
    for (let at = this.after(s + NEARLY_S) - 1; at >= 0; at--)
      if (this.bars[at]) return this.bars[at];
    return 0;
  }
  // The length of a beat around a time.
  /** @param {number} s */
  beat(s) {
    const { times } = this;
    if (times.length < 2) return 0.5;
    const at = Math.max(1, Math.min(times.length - 1, this.after(s)));
    return times[at] - times[at - 1];
  }
}
