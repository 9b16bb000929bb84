// A transition as sound: some bars of A, the mix, some bars of B, on one sample-accurate clock.
import { Channel } from "./channel.js";
/**
 * @typedef {{ from_s: number, to_s: number, speed: number }} Part  a requested section; speed
 *   changes the tempo and keeps the pitch
 */

export const SOLO_BARS = 8;
// The start is requested separately: a few seconds load faster than a minute.
const BEATS_A_BAR = 4,
  SOON_S = 0.02,
  SPARE_S = 0.05,
  MOST_PART_S = 240,
  HEAD_S = 4,
  JOIN_S = 0.02,
  MOST_BUFFERS = 9;

// The sections to request and the start of each, in seconds from the start of playback. If B keeps
// its pitch, the server changes its speed and it plays at rate 1.
/** @param {Served.MixPlan} plan @param {boolean} [keepsPitch] */
export function jointOf(plan, keepsPitch = false) {
  const { leave, enter, speed } = plan,
    lasts = leave.until_s - leave.at_s,
    solo = (SOLO_BARS * BEATS_A_BAR * 60) / plan.bpm;
  const from = Math.round(1000 * Math.max(0, leave.at_s - solo)) / 1000,
    lead = leave.at_s - from;
  return {
    a: { from_s: from, to_s: Math.min(leave.until_s + SPARE_S, from + MOST_PART_S), speed: 1 },
    b: {
      from_s: enter.at_s,
      to_s: enter.at_s + Math.min((lasts + solo) * speed, MOST_PART_S),
      speed: keepsPitch ? speed : 1,
    },
    mixAt: lead,
    lasts,
    swapAt: swapOf(plan, lead),
    ends: lead + lasts + solo,
    rate: keepsPitch ? 1 : speed,
  };
}

// When the bass changes over, if the mix begins at a moment; null if the bass fades like the rest.
/** @param {Served.MixPlan} plan @param {number} at @param {number} [speed] */
export const swapOf = ({ kind = "bass_swap", bass_swap: swap, leave }, at, speed = 1) =>
  kind === "bass_swap" ? at + (swap.at_s - leave.at_s) / speed : null;

// The requested sections by priority. skip: offset within its side. Adjoining sections of A overlap
// and cross-fade, because resampling distorts the ends.
/**
 * @param {ReturnType<typeof jointOf>} joint
 * @returns {{ side: "a" | "b", from_s: number, to_s: number, speed: number, skip: number, meets: ""
 *   | "next" | "before" }[]}
 */
export function partsOf({ a, b }) {
  const skip = HEAD_S - JOIN_S,
    isLong = a.to_s - a.from_s > 2 * HEAD_S,
    to_s = isLong ? a.from_s + HEAD_S : a.to_s;
  /** @type {ReturnType<typeof partsOf>} */
  const parts = [
    { side: "a", ...a, to_s, skip: 0, meets: isLong ? "next" : "" },
    { side: "b", ...b, skip: 0, meets: "" },
  ];
  if (isLong) parts.push({ side: "a", ...a, from_s: a.from_s + skip, skip, meets: "before" });
  return parts;
}

/**
 * Schedules both sides on a context's clock. Sections that arrive late start at their current
 * position.
 * @param {BaseAudioContext} context
 * @param {AudioNode} out
 * @param {ReturnType<typeof jointOf>} joint
 * @param {number} beginsAt
 * @param {{ a: number, b: number }} levels
 */
export function onTheClock(context, out, joint, beginsAt, levels) {
  /** @type {AudioBufferSourceNode[]} */
  const sources = [];
  const channels = {
      a: new Channel(context, out, levels.a, true),
      b: new Channel(context, out, levels.b, true),
    },
    swapAt = joint.swapAt === null ? null : beginsAt + joint.swapAt;
  channels.a.fade("out", beginsAt + joint.mixAt, joint.lasts, swapAt);
  channels.b.fade("in", beginsAt + joint.mixAt, joint.lasts, swapAt);
  return {
    /**
     * @param {"a" | "b"} side
     * @param {AudioBuffer} buffer
     * @param {number} [skip]
     * @param {"" | "next" | "before"} [meets]
     */
    add(side, buffer, skip = 0, meets = "") {
      const at = beginsAt + (side === "a" ? skip : joint.mixAt),
        rate = side === "a" ? 1 : joint.rate;
      const late = Math.max(0, context.currentTime + SOON_S - at),
        source = context.createBufferSource();
      source.buffer = buffer;
      source.playbackRate.value = rate;
      const join = context.createGain(),
        now = context.currentTime;
      if (meets) {
        const [begin, end, from] = meets === "next" ? [1, 0, at + HEAD_S - JOIN_S] : [0, 1, at];
        join.gain.setValueAtTime(begin, 0);
        if (from > now) join.gain.setValueAtTime(begin, from);
        join.gain.linearRampToValueAtTime(end, Math.max(from + JOIN_S, now));
      }
      source.connect(join).connect(channels[side].in);
      if (late * rate < buffer.duration) {
        source.start(late ? at + late : at, late * rate);
        sources.push(source);
      }
      return source;
    },
    stop() {
      for (const source of sources) source.stop();
      channels.a.close();
      channels.b.close();
    },
  };
}

export class JointAudio {
  // part: loads the audio of a section of a track.
  /** @param {(id: string, at: Part) => Promise<ArrayBuffer>} part */
  constructor(part) {
    this.part = part;
    /** @type {Map<string, Promise<AudioBuffer>>} */
    this.buffers = new Map();
    /** @type {ReturnType<typeof onTheClock> | null} */
    this.playing = null;
    this.turn = 0;
    /** @type {((isWhole: boolean) => void) | null} */
    this.done = null;
  }
  /** @param {AudioContext} context @param {string} id @param {Part} at */
  buffer(context, id, at) {
    const name = `${id} ${at.from_s} ${at.to_s} ${at.speed}`,
      known =
        this.buffers.get(name) ?? this.part(id, at).then((data) => context.decodeAudioData(data));
    this.buffers.delete(name);
    this.buffers.set(name, known);
    known.catch(() => this.buffers.delete(name));
    if (this.buffers.size > MOST_BUFFERS) this.buffers.delete([...this.buffers.keys()][0]);
    return known;
  }
  // Preloads both sides. Without an audio context yet, the server only prepares them.
  /**
   * @param {AudioContext | null} context
   * @param {{ a: string, b: string, plan: Served.MixPlan }} pair
   * @param {boolean} keepsPitch
   */
  ready(context, { a, b, plan }, keepsPitch) {
    const ids = { a, b };
    return Promise.all(
      partsOf(jointOf(plan, keepsPitch)).map((one) =>
        context ? this.buffer(context, ids[one.side], one) : this.part(ids[one.side], one),
      ),
    );
  }
  /**
   * Plays a transition, replacing the current one; resolves to true at its end, false if stopped.
   * @param {AudioContext} context
   * @param {AudioNode} out
   * @param {{ a: string, b: string, plan: Served.MixPlan, keepsPitch: boolean }} pair
   * @param {Promise<{ a: number, b: number }>} levels
   * @param {(beginsAt: number, joint: ReturnType<typeof jointOf>) => void} started
   */
  async play(context, out, { a, b, plan, keepsPitch }, levels, started) {
    this.stop();
    const mine = this.turn,
      joint = jointOf(plan, keepsPitch),
      [head, ofB, rest] = partsOf(joint);
    const [first, both] = await Promise.all([this.buffer(context, a, head), levels]);
    if (mine !== this.turn) return false;
    const beginsAt = context.currentTime + SOON_S,
      playing = (this.playing = onTheClock(context, out, joint, beginsAt, both));
    playing.add("a", first, 0, head.meets);
    started(beginsAt, joint);
    // Requested later: the server would prepare them in parallel and delay the first sound.
    const [second] = await Promise.all([
      this.buffer(context, b, ofB),
      rest &&
        this.buffer(context, a, rest).then((buffer) => {
          if (mine === this.turn) playing.add("a", buffer, rest.skip, rest.meets);
        }),
    ]);
    if (mine !== this.turn) return false;
    const last = playing.add("b", second);
    return new Promise((done) => {
      this.done = done;
      last.onended = () => mine === this.turn && this.stop(true);
    });
  }
  stop(isWhole = false) {
    this.turn++;
    this.playing?.stop();
    this.playing = null;
    this.done?.(isWhole);
    this.done = null;
  }
}
