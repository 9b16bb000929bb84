// The player bar below every view: the current track, its strip with clickable phrases, and the
// queue.
import { clock } from "./wording.js";
import { signed } from "./joint.js";
import { Cover } from "./cover.js";
import { takesDrops } from "./drag.js";
import { colourOf, dom, element, isDark, whenRecoloured } from "./element.js";
import { TARGET_LUFS } from "./channel.js";
import { QueuePanel } from "./queue_panel.js";
import { drawPart } from "./strips.js";
import { place } from "../source/server.js";
import { actsIn } from "./acts.js";
/** @import { Acts } from "./acts.js" */
/** @import { Player } from "./player.js" */
/** @import { Track } from "./player_tracks.js" */

const STEP_S = 5,
  LONG_STEP_S = 30,
  COVER_PX = 256;
// Icons as 16 by 16 paths: not every system font has them.
const SIGNS = {
  play: "M4 2v12l10-6z",
  pause: "M3 2h4v12H3zM9 2h4v12H9z",
  stop: "M3 3h10v10H3z",
  before: "M2 2h2v12H2zM14 2v12L5 8z",
  after: "M2 2v12l9-6zM12 2h2v12h-2z",
  queue: "M2 3h12v2H2zM2 7h12v2H2zM2 11h8v2H2z",
};

/**
 * @param {string} name
 * @param {string} key
 * @param {() => void} run
 * @param {keyof typeof SIGNS} sign
 */
const button = (name, key, run, sign) =>
  element("button", { "aria-label": name, title: `${name} (${key})`, onclick: run }, signOf(sign));
/** @param {keyof typeof SIGNS} name */
function signOf(name) {
  const [sign, path] = ["svg", "path"].map((kind) =>
    document.createElementNS("http://www.w3.org/2000/svg", kind),
  );
  sign.setAttribute("viewBox", "0 0 16 16");
  sign.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SIGNS[name]);
  sign.append(path);
  return sign;
}

export class PlayerBar {
  /** @param {Player} player @param {Acts} acts */
  constructor(player, acts) {
    this.player = player;
    this.previous = button("Previous track", "P", () => player.previous(), "before");
    this.toggle = button("Play", "Space", () => player.toggle(), "play");
    this.next = button("Next track", "N", () => player.next(), "after");
    this.title = element("a", { dir: "auto" });
    this.artist = element("small", { dir: "auto" });
    this.cover = new Cover(COVER_PX, (src) => this.tellMachine(src));
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.head = element("i", { class: "head" });
    this.phrases = element("div", { class: "phrases" });
    this.strip = dom`<div
      class="strip"
      role="slider"
      tabindex="0"
      aria-label="Position in the track"
      aria-valuemin="0"
      onkeydown=${(event) => this.key(event)}
      onpointerdown=${(event) => this.scrub(event)}
    >
      ${this.phrases}
      ${this.canvas}
      ${this.head}
    </div>`;
    this.time = element("span", { class: "time" });
    this.loudness = element("button", {
      class: "loudness",
      onclick: () => player.level(!player.isLevelled),
    });
    this.volume = element("input", {
      type: "range",
      min: "0",
      max: "1",
      step: "0.01",
      "aria-label": "Volume",
      title: "Volume",
      oninput: () => player.setVolume(Number(this.volume.value)),
    });
    this.trouble = element("p", { class: "trouble", role: "alert", hidden: true });
    this.panel = new QueuePanel(player);
    this.queue = element("button", {
      class: "queued",
      "aria-expanded": "false",
      title: "Queue (Q)",
      onclick: () => this.openQueue(),
    });
    this.element = dom`<section class="player-bar" aria-label="Player">
      ${this.panel.element}
      ${this.trouble}
      <div class="hands">${this.previous}${this.toggle}${this.next}</div>
      <div class="what">${this.cover.element}${this.title}${this.artist}</div>
      ${this.strip}
      ${this.time}
      ${this.loudness}
      ${this.volume}
      ${this.queue}
    </section>`;
    takesDrops(this.element, {
      over: ({ rows }) => rows.length > 0,
      leave: () => {},
      drop: ({ rows }) => player.queue(rows),
    });
    this.drawn = "";
    this.frame = 0;
    /** @type {Track | null} */
    this.told = null;
    player.addEventListener("change", () => this.show());
    player.addEventListener("time", () => this.tick());
    new ResizeObserver(() => {
      this.drawn = "";
      this.draw();
    }).observe(this.strip);
    whenRecoloured(() => {
      this.drawn = "";
      this.draw();
    });
    this.acts(acts);
    this.session();
    this.show();
  }
  /** @param {Acts} acts */
  acts(acts) {
    const { player } = this;
    // The focused element handles Space and arrows first.
    const free = () =>
      player.queued.length > 0 &&
      !document.activeElement?.matches(
        "button,a[href],summary,input,.scroller," +
          "[role=button],[role=slider],[role=option],[role=menuitem]",
      );
    const has = () => Boolean(player.track),
      there = () => player.queued.length > 0,
      mayToggle = () => Boolean(player.joint) || free(),
      hasFree = () => has() && free(),
      jump = (/** @type {number} */ by) => () => player.seek(player.time + by);
    const act = actsIn("Player"),
      yields = (/** @type {Parameters<typeof act>} */ ...parts) => ({
        ...act(...parts),
        yields: true,
      });
    acts.add([
      yields("play-pause", "Play, pause", " ", mayToggle, () => player.toggle()),
      act("play-next", "Next track", "N", there, () => player.next()),
      act("play-previous", "Start of track, previous track", "P", there, () => player.previous()),
      yields("play-forward", `${STEP_S} s forward`, "ArrowRight", hasFree, jump(STEP_S)),
      yields("play-back", `${STEP_S} s back`, "ArrowLeft", hasFree, jump(-STEP_S)),
      yields("play-phrase", "Next phrase", "Shift+ArrowRight", has, () => player.phrase(1)),
      yields("play-phrase-back", "Previous phrase", "Shift+ArrowLeft", has, () =>
        player.phrase(-1),
      ),
      act("queue", "Queue", "Q", there, () => this.openQueue()),
    ]);
  }
  openQueue() {
    const isOpen = this.panel.toggle();
    this.queue.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) this.queue.focus();
  }
  // Media keys of the system, and its media display.
  session() {
    const { player } = this,
      media = navigator.mediaSession;
    if (!media) return;
    /** @type {[MediaSessionAction, (details: MediaSessionActionDetails) => void][]} */
    const heard = [
      ["play", () => player.resume()],
      ["pause", () => player.pause()],
      ["previoustrack", () => player.previous()],
      ["nexttrack", () => player.next()],
      ["seekto", ({ seekTime }) => player.seek(seekTime ?? 0)],
      ["seekforward", ({ seekOffset }) => player.seek(player.time + (seekOffset ?? STEP_S))],
      ["seekbackward", ({ seekOffset }) => player.seek(player.time - (seekOffset ?? STEP_S))],
    ];
    for (const [action, run] of heard) {
      try {
        media.setActionHandler(action, run);
      } catch {
        /* not supported by this browser */
      }
    }
  }
  show() {
    const { player } = this,
      { track, joint, isOn } = player,
      one = player.queued[player.at],
      slot = /** @type {HTMLElement | null} */ (this.element.parentElement);
    if (slot) slot.hidden = !one && !joint;
    const isHeard = isOn || Boolean(joint),
      about = track ?? one;
    this.toggle.replaceChildren(signOf(joint ? "stop" : isHeard ? "pause" : "play"));
    const does = joint ? "Stop" : isHeard ? "Pause" : "Play";
    this.toggle.setAttribute("aria-label", does);
    this.toggle.title = `${does} (Space)`;
    this.previous.disabled = !one;
    this.next.disabled = player.at + 1 >= player.queued.length;
    this.title.textContent = joint ? joint.title || "A transition" : (about?.title ?? "…");
    const change = joint?.plan ? signed(100 * (joint.plan.speed - 1)) : "±0 %",
      what = joint?.keepsPitch ? "speed" : "speed and pitch";
    this.artist.textContent = joint
      ? `transition${change === "±0 %" ? "" : `, second track ${change} in ${what}`}`
      : (about?.artist ?? "");
    if (track && !joint) this.title.href = place(`tracks/${track.id}`);
    else this.title.removeAttribute("href");
    this.cover.show(joint ? null : track?.id);
    this.trouble.hidden = !player.trouble;
    this.trouble.textContent = player.trouble;
    const lufs = track?.loudness?.integrated_lufs ?? null;
    this.loudness.hidden = lufs === null || Boolean(joint);
    this.loudness.textContent = `${(lufs ?? 0).toFixed(1).replace("-", "−")} LUFS`;
    this.loudness.setAttribute("aria-pressed", String(player.isLevelled));
    this.loudness.title = player.isLevelled
      ? `Normalised to ${TARGET_LUFS} LUFS; press for the original loudness`
      : "Original loudness; press to normalise all tracks";
    this.volume.value = String(player.volume);
    this.queue.replaceChildren(
      signOf("queue"),
      player.queued.length > 1 ? `${player.at + 1} of ${player.queued.length}` : "",
    );
    this.queue.setAttribute("aria-label", `Queue, ${player.at + 1} of ${player.queued.length}`);
    this.strip.setAttribute("aria-valuemax", String(Math.round(track?.duration ?? 0)));
    this.element.classList.toggle("loading", player.isLoading);
    this.element.classList.toggle("joint", Boolean(joint));
    this.panel.show();
    this.draw();
    this.tick();
    this.tellMachine();
    if (joint && !this.frame) this.frame = requestAnimationFrame(() => this.run());
  }
  // A transition has no media element that reports its position.
  run() {
    this.frame = this.player.joint ? requestAnimationFrame(() => this.run()) : 0;
    this.tick();
  }
  // The cover is set once loaded: without one the system would show an empty frame.
  /** @param {string | null} [cover] */
  tellMachine(cover = null) {
    const { track, isOn } = this.player,
      media = navigator.mediaSession;
    if (!media || !track) return;
    media.playbackState = isOn ? "playing" : "paused";
    if (this.told === track && !cover) return;
    this.told = track;
    const artwork = cover
      ? [{ src: cover, sizes: `${COVER_PX}x${COVER_PX}`, type: "image/jpeg" }]
      : [];
    media.metadata = new MediaMetadata({ title: track.title, artist: track.artist ?? "", artwork });
  }
  tick() {
    const { player } = this,
      { track, joint, time } = player;
    let at = time,
      of = track?.duration ?? 0;
    if (joint) {
      const now = player.sound?.context.currentTime ?? 0;
      at = Math.max(
        0,
        Math.min(joint.ends, Number.isFinite(joint.beginsAt) ? now - joint.beginsAt : 0),
      );
      of = joint.ends;
    }
    this.head.style.left = `${of ? (100 * at) / of : 0}%`;
    this.head.hidden = !of;
    const text = `${clock(at)} / ${clock(of)}`;
    if (this.time.textContent !== text) {
      this.time.textContent = text;
      // same precision as the text
      this.strip.setAttribute("aria-valuenow", String(Math.floor(at)));
      const phrase = track?.phrases.find(({ start_s, end_s }) => start_s <= at && at < end_s);
      this.strip.setAttribute(
        "aria-valuetext",
        `${clock(at)} of ` +
          `${clock(of)}${phrase && !joint ? `, ${phrase.role ?? `part ${phrase.group}`}` : ""}`,
      );
    }
    if (this.told === track && track && navigator.mediaSession && at <= of && of)
      navigator.mediaSession.setPositionState({ duration: of, position: Math.min(at, of) });
  }
  /** @param {KeyboardEvent} event */
  key(event) {
    const { player } = this,
      { key, shiftKey } = event;
    const to = {
      ArrowRight: player.time + STEP_S,
      ArrowUp: player.time + STEP_S,
      ArrowLeft: player.time - STEP_S,
      ArrowDown: player.time - STEP_S,
      PageUp: player.time + LONG_STEP_S,
      PageDown: player.time - LONG_STEP_S,
      Home: 0,
      End: (player.track?.duration ?? 0) - 1,
    }[key];
    if (shiftKey && (key === "ArrowRight" || key === "ArrowLeft"))
      player.phrase(key === "ArrowRight" ? 1 : -1);
    else if (to !== undefined) player.seek(to);
    else if (key === " ") player.toggle();
    else return;
    event.preventDefault();
  }
  // Scrubbing by mouse and touch; seeks on release.
  /** @param {PointerEvent} event */
  scrub(event) {
    const { player } = this,
      { track } = player;
    if (event.button || !track || player.joint) return;
    const start = /** @type {HTMLElement} */ (event.target).dataset.s;
    if (start !== undefined) {
      player.seek(Number(start));
      return;
    }
    const box = this.strip.getBoundingClientRect(),
      at = (/** @type {PointerEvent} */ { clientX }) =>
        Math.max(0, Math.min(1, (clientX - box.left) / box.width)) * track.duration;
    const draw = (/** @type {PointerEvent} */ moved) => {
      this.head.style.left = `${(100 * at(moved)) / track.duration}%`;
      this.time.textContent = `${clock(at(moved))} / ${clock(track.duration)}`;
    };
    const hand = new AbortController(),
      on = { signal: hand.signal };
    this.strip.setPointerCapture(event.pointerId);
    this.strip.addEventListener("pointermove", draw, on);
    this.strip.addEventListener(
      "pointerup",
      (last) => {
        hand.abort();
        player.seek(at(last));
      },
      on,
    );
    this.strip.addEventListener(
      "pointercancel",
      () => {
        hand.abort();
        this.tick();
      },
      on,
    );
    draw(event);
  }
  // Draws the strip and its phrases, only if they changed.
  draw() {
    const { track, joint } = this.player,
      { clientWidth: width, clientHeight } = this.strip;
    const wanted = [
      track?.id,
      width,
      isDark(),
      devicePixelRatio,
      joint?.a,
      joint?.b,
      joint?.ends,
      Boolean(joint?.tracks),
    ].join(" ");
    if (wanted === this.drawn || !width) return;
    this.drawn = wanted;
    const shown = joint ? [] : (track?.phrases ?? []),
      length = track?.duration ?? 0;
    this.phrases.replaceChildren(
      ...shown.map(({ start_s, end_s, role, group }) => {
        const name = role ?? group,
          title = `${name}, from ${clock(start_s)}`,
          one = dom`<span data-role=${role} data-s=${start_s} title=${title}>
            ${name}
          </span>`;
        one.style.left = `${(100 * start_s) / length}%`;
        one.style.width = `${(100 * (end_s - start_s)) / length}%`;
        return one;
      }),
    );
    const height = clientHeight - 16,
      scale = devicePixelRatio,
      pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    [this.canvas.width, this.canvas.height] = [width * scale, height * scale];
    pen.scale(scale, scale);
    if (joint) this.drawJoint(pen, joint, width, height);
    else if (track)
      drawPart(
        pen,
        track,
        { from: 0, to: track.duration },
        { x: 0, width, y: height / 2, height: height / 2 },
      );
  }
  // Both tracks on the playback clock, the first above the second; the overlap is shaded.
  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {NonNullable<Player["joint"]>} joint
   * @param {number} width
   * @param {number} height
   */
  drawJoint(pen, { tracks, plan, mixAt, ends }, width, height) {
    if (!tracks || !plan) return;
    const { leave, enter, speed } = plan,
      lasts = leave.until_s - leave.at_s,
      x = (/** @type {number} */ s) => (s * width) / ends;
    pen.fillStyle = colourOf("line");
    pen.fillRect(x(mixAt), 0, x(lasts), height);
    drawPart(
      pen,
      tracks[0],
      { from: leave.at_s - mixAt, to: leave.until_s },
      { x: 0, width: x(mixAt + lasts), y: height * 0.26, height: height * 0.24 },
    );
    drawPart(
      pen,
      tracks[1],
      { from: enter.at_s, to: enter.at_s + (ends - mixAt) * speed },
      { x: x(mixAt), width: width - x(mixAt), y: height * 0.76, height: height * 0.24 },
    );
  }
}
