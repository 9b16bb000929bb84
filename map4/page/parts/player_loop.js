// A loop of the playing track: repeated from memory to the sample until it is left.
import { messageOf } from "./wording.js";

const TICK_MS = 50,
  NEAR_S = 0.001,
  SPARE_S = 0.05; // sections may end a few samples early

export class PlayerLoop {
  /** @param {Page.Player} player */
  constructor(player) {
    this.player = player;
    /** @type {{ from_s: number, to_s: number, buffer: AudioBuffer } | null} */
    this.held = null; // also while paused
    /** @type {AudioBufferSourceNode | null} */
    this.source = null;
    this.began = 0; // when the loop's start would have sounded first
    this.turn = 0;
    this.isPending = false; // its sound is on the way
    this.timer = 0;
  }
  get length() {
    const { from_s, to_s, buffer } = this.held ?? { from_s: 0, to_s: 1, buffer: null };
    return Math.min(to_s - from_s, buffer?.duration ?? 1);
  }
  get time() {
    const since = (this.player.sound?.context.currentTime ?? 0) - this.began;
    return (this.held?.from_s ?? 0) + (Math.max(0, since) % this.length);
  }
  /** @param {number} s */
  has(s) {
    const at = s - (this.held?.from_s ?? Infinity);
    return at > -NEAR_S && at < this.length;
  }
  // Plays a section of the playing track until `leave`; until it is loaded, the track plays on.
  /** @param {number} from_s @param {number} to_s */
  async enter(from_s, to_s) {
    const { player } = this,
      { context } = player.open(),
      id = player.deck?.id;
    if (!id) {
      await player.go(player.at, from_s, to_s); // restored, and not loaded yet
      return;
    }
    player.leaveLoop();
    const mine = this.turn,
      load = (/** @type {boolean} */ isLoading) => {
        this.isPending = player.isLoading = isLoading;
        player.changed();
      };
    load(true);
    try {
      const part = { from_s, to_s: to_s + SPARE_S, speed: 1 },
        buffer = await player.joints.audio.buffer(context, id, part);
      if (mine !== this.turn) return;
      this.held = { from_s, to_s, buffer };
      load(false);
      player.joints.stop(false);
      player.pause();
      this.play(from_s);
    } catch (error) {
      if (mine !== this.turn) return;
      load(false);
      player.say(messageOf(error));
    }
  }
  /** @param {number} s */
  play(s) {
    const { player, held } = this,
      { sound, deck } = player;
    if (!held || !sound || !deck?.channel) return;
    this.pause();
    const at = Math.max(0, s - held.from_s);
    this.source = new AudioBufferSourceNode(sound.context, {
      buffer: held.buffer,
      loop: true,
      loopEnd: this.length,
    });
    this.source.connect(deck.channel.in);
    this.source.start(0, at);
    this.began = sound.context.currentTime - at;
    this.timer = setInterval(() => player.moments.value++, TICK_MS);
    player.changed();
  }
  // Stops the sound; the track's position is where the loop was.
  pause() {
    const { source, player } = this;
    if (!source) return;
    if (player.deck?.id) player.deck.audio.currentTime = this.time;
    source.stop();
    source.disconnect();
    clearInterval(this.timer);
    this.source = null;
  }
  // Returns whether it sounded.
  leave() {
    const { source } = this;
    this.turn++;
    this.pause();
    this.held = null;
    if (this.isPending) this.isPending = this.player.isLoading = false;
    return Boolean(source);
  }
}
