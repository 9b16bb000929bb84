// A joint as sound: some bars of A alone, the mix, some bars of B alone, on one clock, exact to the sample.
import { Channel } from "./channel.js";
/** @typedef {{ at_s: number, until_s: number }} Stretch  a part of a track, in its own seconds */
/** @typedef {{ leave: Stretch, enter: Stretch, beats: number, speed: number, bass_swap: { at_s: number } }} MixPlan */

export const BARS_ALONE = 4;
const BEATS_A_BAR = 4, SOON_S = 0.02, SPARE_S = 0.05, MOST_PART_S = 240;

// Where both are to be cut, and when each sounds, in seconds from the beginning of what is heard.
/** @param {MixPlan} plan @param {number} [bars] */
export function jointOf(plan, bars = BARS_ALONE) {
  const { leave, enter, speed } = plan, lasts = leave.until_s - leave.at_s, alone = (bars * BEATS_A_BAR * lasts) / plan.beats;
  const from = Math.round(1000 * Math.max(0, leave.at_s - alone)) / 1000, lead = leave.at_s - from;
  return {
    a: { from_s: from, to_s: Math.min(leave.until_s + SPARE_S, from + MOST_PART_S) },
    b: { from_s: enter.at_s, to_s: enter.at_s + Math.min((lasts + alone) * speed, MOST_PART_S) },
    mixAt: lead, lasts, swapAt: lead + plan.bass_swap.at_s - leave.at_s, ends: lead + lasts + alone, speed,
  };
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
    /** @param {"a" | "b"} side @param {AudioBuffer} buffer */
    add(side, buffer) {
      const at = beginsAt + (side === "a" ? 0 : joint.mixAt), speed = side === "a" ? 1 : joint.speed;
      const late = Math.max(0, context.currentTime + SOON_S - at), source = context.createBufferSource();
      source.buffer = buffer;
      source.playbackRate.value = speed;
      source.connect(channels[side].in);
      if (late * speed < buffer.duration) source.start(late ? at + late : at, late * speed);
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
  // `part(id, from_s, to_s)`: the sound of a part of a track.
  /** @param {(id: string, fromS: number, toS: number) => Promise<ArrayBuffer>} part */
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
  /** @param {AudioContext} context @param {string} id @param {{ from_s: number, to_s: number }} at */
  buffer(context, id, { from_s, to_s }) {
    const name = `${id} ${from_s} ${to_s}`, known = this.buffers.get(name) ?? this.part(id, from_s, to_s).then((data) => context.decodeAudioData(data));
    this.buffers.delete(name);
    this.buffers.set(name, known);
    known.catch(() => this.buffers.delete(name));
    if (this.buffers.size > 6) this.buffers.delete([...this.buffers.keys()][0]);
    return known;
  }
  // Gets both, for who will perhaps hear them. Before anything has sounded there is no context: then the server cuts them.
  /** @param {AudioContext | null} context @param {{ a: string, b: string, plan: MixPlan }} pair */
  ready(context, { a, b, plan }) {
    const joint = jointOf(plan), sides = /** @type {const} */ ([[a, joint.a], [b, joint.b]]);
    return Promise.all(sides.map(([id, at]) => (context ? this.buffer(context, id, at) : this.part(id, at.from_s, at.to_s))));
  }
  /**
   * Plays a joint, in the place of the one that plays; true once it has ended, false if it was stopped.
   * @param {AudioContext} context @param {AudioNode} out @param {{ a: string, b: string, plan: MixPlan }} pair
   * @param {Promise<{ a: number, b: number }>} levels @param {(beginsAt: number, joint: ReturnType<typeof jointOf>) => void} begun
   */
  async hear(context, out, { a, b, plan }, levels, begun) {
    this.stop();
    const mine = this.turn, joint = jointOf(plan), second = this.buffer(context, b, joint.b);
    second.catch(() => {});  // it is waited for below
    const [first, both] = await Promise.all([this.buffer(context, a, joint.a), levels]);
    if (mine !== this.turn) return false;
    const beginsAt = context.currentTime + SOON_S, heard = this.heard = onTheClock(context, out, joint, beginsAt, both);
    heard.add("a", first);
    begun(beginsAt, joint);
    const buffer = await second;
    if (mine !== this.turn) return false;
    const last = heard.add("b", buffer);
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
