// One playing track: an audio element routed through a channel.
import { Channel } from "./channel.js";
import { Problem, problemOf } from "../source/problem.js";
import { address } from "../source/server.js";

const UNPLAYABLE = "This browser can play neither the file nor the server's conversion of it.";
// Browsers buffer as much of a file as they can and keep the connection open, and allow only six
// per server, so audio is requested in pieces.
const PIECE = "piece=1000000";
// Formats the server can convert to, best first.
const FORMS = /** @type {[string, string][]} */ ([
  ["opus", 'audio/ogg; codecs="opus"'],
  ["mp3", "audio/mpeg"],
]);

export class Deck {
  /**
   * @param {AudioContext} context @param {AudioNode} out
   * @param {Pick<Page.Player, "changed" | "moved" | "ended" | "broken">} player
   */
  constructor(context, out, player) {
    this.context = context;
    this.out = out;
    this.player = player;
    this.audio = new Audio();
    this.audio.preload = "auto";
    this.source = context.createMediaElementSource(this.audio);
    /** @type {Channel | null} */
    this.channel = null;
    this.id = "";
    this.isConverted = this.wants = false;
    for (const kind of ["play", "pause", "waiting", "playing"])
      this.audio.addEventListener(kind, () => player.changed());
    for (const kind of ["timeupdate", "seeked"])
      this.audio.addEventListener(kind, () => player.moved(this));
    this.audio.addEventListener("ended", () => player.ended(this));
    this.audio.addEventListener("error", () => {
      if (this.id) this.failed();
    });
  }
  get time() {
    return this.audio.currentTime;
  }
  get isPlaying() {
    return !this.audio.paused && !this.audio.ended && !this.audio.error;
  }
  // isMixed: it is faded at some time.
  /** @param {string} id @param {number} at @param {number} level @param {boolean} isMixed */
  load(id, at, level, isMixed) {
    this.stop();
    this.id = id;
    this.channel = new Channel(this.context, this.out, level, isMixed);
    this.source.connect(this.channel.in);
    this.audio.src = address(`tracks/${id}/audio?${PIECE}`);
    this.audio.currentTime = at;
    this.audio.playbackRate = 1;
  }
  async play() {
    this.wants = true;
    try {
      await this.audio.play();
    } catch (error) {
      // Decoding errors arrive as the "error" event; NotAllowedError means that the browser needs a
      // click first.
      if (/** @type {Error} */ (error).name === "NotAllowedError") this.player.changed();
    }
  }
  pause() {
    this.wants = false;
    this.audio.pause();
  }
  stop() {
    this.id = "";
    this.pause();
    this.isConverted = false;
    this.source.disconnect();
    this.channel?.close();
    this.channel = null;
    this.audio.removeAttribute("src");
    this.audio.load();
  }
  // The server converts formats that the browser can't play; if that also fails, the reason is
  // shown.
  async failed() {
    const { audio, id, wants } = this,
      at = audio.currentTime || 0,
      form = FORMS.find(([, type]) => audio.canPlayType(type))?.[0],
      why = await whyNot(audio.src);
    if (id !== this.id) return;
    if (why === UNPLAYABLE && !this.isConverted && form) {
      this.isConverted = true;
      audio.src = address(`tracks/${id}/audio?as=${form}&${PIECE}`);
      audio.currentTime = at;
      if (wants) this.play();
      return;
    }
    this.player.broken(this, why);
  }
}

/** @param {string} url */
async function whyNot(url) {
  try {
    const answer = await fetch(url, { headers: { Range: "bytes=0-0" } });
    return answer.ok ? UNPLAYABLE : (await problemOf(answer)).message;
  } catch {
    return new Problem("", 0).message;
  }
}
