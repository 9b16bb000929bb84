// A joint as sound: some bars of A alone, the mix, some bars of B alone, on one clock, exact to the sample.
import { Channel } from "./channel.js";
/** @typedef {{ at_s: number, until_s: number }} Stretch  a part of a track, in its own seconds */
/** @typedef {{ from_s: number, to_s: number, speed: number }} Part  how a part of a track is asked for: played faster than 1, at the same pitch */
/** @typedef {{ leave: Stretch, enter: Stretch, beats: number, speed: number, bass_swap: { at_s: number } }} MixPlan */

export const BARS_ALONE = 8;
// What is heard first is asked for by itself: a few seconds are there before a minute is.
const BEATS_A_BAR = 4, SOON_S = 0.02, SPARE_S = 0.05, MOST_PART_S = 240, HEAD_S = 4, JOIN_S = 0.02, MOST_KEPT = 9;

// Where both are to be cut, and when each sounds, in seconds from the beginning of what is heard. Where B keeps its
// pitch, it comes at its speed, and is played as it comes.
/** @param {MixPlan} plan @param {boolean} [keepsPitch] */
export function jointOf(plan, keepsPitch = false) {
  const { leave, enter, speed } = plan, lasts = leave.until_s - leave.at_s, alone = (BARS_ALONE * BEATS_A_BAR * lasts) / plan.beats;
  const from = Math.round(1000 * Math.max(0, leave.at_s - alone)) / 1000, lead = leave.at_s - from;
  return {
    a: { from_s: from, to_s: Math.min(leave.until_s + SPARE_S, from + MOST_PART_S), speed: 1 },
    b: { from_s: enter.at_s, to_s: enter.at_s + Math.min((lasts + alone) * speed, MOST_PART_S), speed: keepsPitch ? speed : 1 },
    mixAt: lead, lasts, swapAt: lead + plan.bass_swap.at_s - leave.at_s, ends: lead + lasts + alone, rate: keepsPitch ? 1 : speed,
  };
}

// The parts that are asked for, in the order in which they are wanted: `skip` is how far into its side one begins. Where
// two of A meet they overlap, and one fades into the other, as the resampling of each has a beginning and an end.
/** @param {ReturnType<typeof jointOf>} joint @returns {{ side: "a" | "b", from_s: number, to_s: number, speed: number, skip: number, meets: "" | "next" | "before" }[]} */
export function partsOf({ a, b }) {
  const skip = HEAD_S - JOIN_S, isLong = a.to_s - a.from_s > 2 * HEAD_S;
  return [{ side: "a", ...a, to_s: isLong ? a.from_s + HEAD_S : a.to_s, skip: 0, meets: isLong ? "next" : "" },
    { side: "b", ...b, skip: 0, meets: "" },
    ...(isLong ? [{ side: /** @type {const} */ ("a"), ...a, from_s: a.from_s + skip, skip, meets: /** @type {const} */ ("before") }] : [])];
}

/**
 * Puts both on the clock of a context. What comes late begins where it would be by then.
 * @param {BaseAudioContext} context @param {AudioNode} out @param {ReturnType<typeof jointOf>} joint @param {number} beginsAt
 * @param {{ a: number, b: number }} levels
 */
export function onTheClock(context, out, joint, beginsAt, levels) {
  /** @type {AudioBufferSourceNode[]} */
  const sources = [];
  const channels = { a: new Channel(context, out, levels.a, true), b: new Channel(context, out, levels.b, true) };
  channels.a.fade("out", beginsAt + joint.mixAt, joint.lasts, beginsAt + joint.swapAt);
  channels.b.fade("in", beginsAt + joint.mixAt, joint.lasts, beginsAt + joint.swapAt);
  return {
    /** @param {"a" | "b"} side @param {AudioBuffer} buffer @param {number} [skip] @param {"" | "next" | "before"} [meets] */
    add(side, buffer, skip = 0, meets = "") {
      const at = beginsAt + (side === "a" ? skip : joint.mixAt), rate = side === "a" ? 1 : joint.rate;
      const late = Math.max(0, context.currentTime + SOON_S - at), source = context.createBufferSource();
      source.buffer = buffer;
      source.playbackRate.value = rate;
      if (meets) {
        const join = context.createGain(), from = meets === "next" ? at + HEAD_S - JOIN_S : at;
        join.gain.setValueAtTime(meets === "next" ? 1 : 0, 0);
        if (from > context.currentTime) join.gain.setValueAtTime(meets === "next" ? 1 : 0, from);
        join.gain.linearRampToValueAtTime(meets === "next" ? 0 : 1, Math.max(from + JOIN_S, context.currentTime));
        source.connect(join).connect(channels[side].in);
      } else source.connect(channels[side].in);
      if (late * rate < buffer.duration) source.start(late ? at + late : at, late * rate);
      sources.push(source);
      return source;
    },
    stop() {
      for (const source of sources) { try { source.stop(); } catch { /* it was never begun */ } }
      channels.a.close();
      channels.b.close();
    },
  };
}

export class JointAudio {
  // `part(id, at)`: the sound of a part of a track.
  /** @param {(id: string, at: Part) => Promise<ArrayBuffer>} part */
  constructor(part) {
    this.part = part;
    /** @type {Map<string, Promise<AudioBuffer>>} */
    this.buffers = new Map();
    /** @type {ReturnType<typeof onTheClock> | null} */
    this.heard = null;
    this.turn = 0;
    /** @type {((isWhole: boolean) => void) | null} */
    this.done = null;
  }
  /** @param {AudioContext} context @param {string} id @param {Part} at */
  buffer(context, id, at) {
    const name = `${id} ${at.from_s} ${at.to_s} ${at.speed}`, known = this.buffers.get(name) ?? this.part(id, at).then((data) => context.decodeAudioData(data));
    this.buffers.delete(name);
    this.buffers.set(name, known);
    known.catch(() => this.buffers.delete(name));
    if (this.buffers.size > MOST_KEPT) this.buffers.delete([...this.buffers.keys()][0]);
    return known;
  }
  // Gets both, for who will perhaps hear them. Before anything has sounded there is no context: then the server cuts them.
  /** @param {AudioContext | null} context @param {{ a: string, b: string, plan: MixPlan }} pair @param {boolean} keepsPitch */
  ready(context, { a, b, plan }, keepsPitch) {
    const ids = { a, b };
    return Promise.all(partsOf(jointOf(plan, keepsPitch)).map((one) => (context ? this.buffer(context, ids[one.side], one) : this.part(ids[one.side], one))));
  }
  /**
   * Plays a joint, in the place of the one that plays; true once it has ended, false if it was stopped.
   * @param {AudioContext} context @param {AudioNode} out @param {{ a: string, b: string, plan: MixPlan, keepsPitch: boolean }} pair
   * @param {Promise<{ a: number, b: number }>} levels @param {(beginsAt: number, joint: ReturnType<typeof jointOf>) => void} begun
   */
  async hear(context, out, { a, b, plan, keepsPitch }, levels, begun) {
    this.stop();
    const mine = this.turn, joint = jointOf(plan, keepsPitch), [head, ofB, rest] = partsOf(joint);
    const [first, both] = await Promise.all([this.buffer(context, a, head), levels]);
    if (mine !== this.turn) return false;
    const beginsAt = context.currentTime + SOON_S, heard = this.heard = onTheClock(context, out, joint, beginsAt, both);
    heard.add("a", first, 0, head.meets);
    begun(beginsAt, joint);
    // Not before: they would be made at the same time, and the first sound is waited for.
    const [second] = await Promise.all([this.buffer(context, b, ofB), rest && this.buffer(context, a, rest).then((buffer) => { if (mine === this.turn) heard.add("a", buffer, rest.skip, rest.meets); })]);
    if (mine !== this.turn) return false;
    const last = heard.add("b", second);
    return new Promise((done) => {
      this.done = done;
      last.onended = () => { if (mine === this.turn) { this.stop(); done(true); } };
    });
  }
  stop() {
    this.turn++;
    this.heard?.stop();
    this.heard = null;
    this.done?.(false);
    this.done = null;
  }
}
