// The player bar below every view: the current track, its strip with clickable phrases, and the
// queue.
import { clock } from "./wording.js";
import { buttonOf, Icon, Picture, SignButton } from "./components.js";
import { takesDrops } from "./drag.js";
import { colourOf, isDark, penOf, perFrame, targetOf, whenRecoloured } from "./element.js";
import { whileHeld } from "./held.js";
import { nowPlaying, momentOf, placeWords } from "./now_playing.js";
import { drawn, html, signal } from "./html.js";
import { queuePanel } from "./queue_panel.js";
import { drawPart } from "./strips.js";
import { place } from "../source/server.js";
import { actsIn } from "./acts.js";

const STEP_S = 5,
  LONG_STEP_S = 30,
  COVER_PX = 256;

/** @param {{ name: string, keys: string, sign: string, run: () => void } & object} about */
const BarButton = ({ name, keys, ...about }) =>
  html`<${SignButton} label=${name} title=${`${name} (${keys})`} ...${about} />`;

/** @param {Page.Player} player @param {Page.Acts} acts */
export function playerBar(player, acts) {
  const moment = signal(/** @type {Page.Moment} */ ({ at: 0, of: 0 })),
    panel = queuePanel(player, openQueue),
    machine = mediaDisplay(player),
    bar = drawn("section", { class: "player-bar", "aria-label": "Player" }, View),
    find = (/** @type {string} */ what) => /** @type {HTMLElement} */ (bar.querySelector(what)),
    [strip, queue] = [find(".strip"), find(".queued")],
    canvas = /** @type {HTMLCanvasElement} */ (find("canvas"));
  // A transition has no media element that reports its position.
  const run = perFrame(() => {
    tick();
    if (player.joint) run();
  });
  let drawnStrip = "";
  takesDrops(bar, {
    over: ({ rows }) => rows.length > 0,
    drop: ({ rows }) => player.queue(rows),
  });
  player.changes.subscribe(show);
  player.moments.subscribe(tick);
  const again = () => {
    drawnStrip = "";
    draw();
  };
  new ResizeObserver(again).observe(strip);
  whenRecoloured(again);
  addActs(player, acts, openQueue);
  return bar;

  function View() {
    void player.changes.value; // draws again when it changes
    const { at, of } = moment.value,
      now = nowPlaying(player),
      does = { play: "Play", pause: "Pause", stop: "Stop" }[now.toggles];
    return html`
      <${panel.View} />
      <p class="trouble" role="alert" hidden=${!player.trouble}>${player.trouble}</p>
      <div class="hands">
        <${BarButton}
          name="Previous track"
          keys="P"
          sign="before"
          disabled=${!now.hasTrack}
          run=${() => player.previous()}
        />
        <${BarButton} name=${does} keys="Space" sign=${now.toggles} run=${() => player.toggle()} />
        <${BarButton}
          name="Next track"
          keys="N"
          sign="after"
          disabled=${!now.hasNext}
          run=${() => player.next()}
        />
      </div>
      <div class="what">
        <${Picture}
          id=${now.id}
          size=${COVER_PX}
          name=${now.album}
          shown=${(/** @type {string} */ cover) => machine.coverOf(now.id, cover)}
        />
        <a dir="auto" href=${now.id ? place(`tracks/${now.id}`) : null}>${now.title}</a>
        <small dir="auto">${now.artist}</small>
      </div>
      <${Strip} at=${at} of=${of} />
      <span class="time">${clock(at)} / ${clock(of)}</span>
      <button
        class="loudness"
        hidden=${!now.loudness}
        title=${now.levels}
        aria-pressed=${String(player.isLevelled)}
        onclick=${() => player.level(!player.isLevelled)}
      >
        ${now.loudness}
      </button>
      <input
        type="range"
        min="0"
        max="1"
        step="0.01"
        value=${player.volume}
        aria-label="Volume"
        title="Volume"
        oninput=${({ currentTarget }) => player.setVolume(Number(currentTarget.value))}
      />
      ${buttonOf(
        html`<${Icon} name="queue" />${player.queued.length > 1 && now.place}`,
        `Queue, ${now.place}`,
        openQueue,
        { class: "queued", "aria-expanded": String(panel.isOpen.value), title: "Queue (Q)" },
      )}
    `;
  }
  // The strip of the track or transition, and the place in it.
  /** @param {Page.Moment} moment */
  function Strip({ at, of }) {
    const { track, joint } = player,
      length = track?.duration ?? 0,
      phrases = joint ? [] : (track?.phrases ?? []);
    return html`<div
      class="strip"
      role="slider"
      tabindex="0"
      aria-label="Position in the track"
      aria-valuemin="0"
      aria-valuemax=${Math.round(length)}
      aria-valuenow=${Math.floor(at)}
      aria-valuetext=${placeWords(player, { at, of })}
      onkeydown=${(event) => pressedOn(player, event)}
      onpointerdown=${scrub}
    >
      <div class="phrases">
        ${phrases.map(({ start_s, end_s, role, group }) => {
          const name = role ?? group,
            share = (/** @type {number} */ s) => `${(100 * s) / length}%`;
          return html`<span
            key=${start_s}
            data-role=${role}
            data-s=${start_s}
            title=${`${name}, from ${clock(start_s)}`}
            style=${{ left: share(start_s), width: share(end_s - start_s) }}
          >
            ${name}
          </span>`;
        })}
      </div>
      <canvas aria-hidden="true" />
      <i class="head" hidden=${!of} style=${{ left: `${of ? (100 * at) / of : 0}%` }} />
    </div>`;
  }
  function openQueue() {
    if (!panel.toggle()) queue.focus();
  }
  function show() {
    const { joint } = player,
      slot = bar.parentElement;
    if (slot) slot.hidden = !nowPlaying(player).isThere;
    bar.classList.toggle("loading", player.isLoading);
    bar.classList.toggle("joint", Boolean(joint));
    panel.show();
    draw();
    tick();
    machine.update();
    if (joint) run();
  }
  function tick() {
    moment.value = momentOf(player);
    machine.isAt(moment.value);
  }
  // Scrubbing by mouse and touch; seeks on release.
  /** @param {PointerEvent} event */
  function scrub(event) {
    const { track } = player;
    if (event.button || !track || player.joint) return;
    const start = targetOf(event).dataset.s;
    if (start !== undefined) {
      player.seek(Number(start));
      return;
    }
    const box = strip.getBoundingClientRect(),
      at = (/** @type {PointerEvent} */ { clientX }) =>
        Math.max(0, Math.min(1, (clientX - box.left) / box.width)) * track.duration;
    const follow = (/** @type {PointerEvent} */ moved) => {
      moment.value = { at: at(moved), of: track.duration };
    };
    strip.setPointerCapture(event.pointerId);
    whileHeld(event, follow, (last, isUp) => (isUp ? player.seek(at(last)) : tick()));
    follow(event);
  }
  // Draws the strip, only if it changed.
  function draw() {
    const { track, joint } = player,
      { clientWidth: width, clientHeight } = strip,
      shown = [track?.id, joint?.a, joint?.b, joint?.ends, Boolean(joint?.tracks)],
      wanted = [...shown, width, isDark(), devicePixelRatio].join(" ");
    if (wanted === drawnStrip || !width) return;
    drawnStrip = wanted;
    const height = clientHeight - 16,
      pen = penOf(canvas, width, height);
    if (joint) drawJoint(pen, joint, width, height);
    else if (track)
      drawPart(
        pen,
        track,
        { from: 0, to: track.duration },
        { x: 0, width, y: height / 2, height: height / 2 },
      );
  }
}

// Both tracks on the playback clock, the first above the second; the overlap is shaded.
/**
 * @param {Page.Pen} pen @param {NonNullable<Page.Player["joint"]>} joint @param {number} width
 * @param {number} height
 */
function drawJoint(pen, { tracks, plan, mixAt, ends }, width, height) {
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

// A key on the strip.
/** @param {Page.Player} player @param {KeyboardEvent} event */
export function pressedOn(player, event) {
  const { key, shiftKey } = event;
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

/** @param {Page.Player} player @param {Page.Acts} acts @param {() => void} openQueue */
function addActs(player, acts, openQueue) {
  // These handle Space or arrows first.
  const others = "input,.scroller,.pop *,[role=slider],[role=option],[role=menuitem]",
    has = () => Boolean(player.track),
    there = () => player.queued.length > 0,
    free = () => there() && !document.activeElement?.matches(others),
    mayToggle = () => Boolean(player.joint) || free(),
    hasFree = () => has() && free(),
    jump = (/** @type {number} */ by) => () => player.seek(player.time + by),
    phrase = (/** @type {1 | -1} */ by) => () => player.phrase(by);
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
    yields("play-phrase", "Next phrase", "Shift+ArrowRight", has, phrase(1)),
    yields("play-phrase-back", "Previous phrase", "Shift+ArrowLeft", has, phrase(-1)),
    act("queue", "Queue", "Q", there, openQueue),
  ]);
}

// Media keys of the system, and its media display.
/** @param {Page.Player} player */
export function mediaDisplay(player) {
  const media = navigator.mediaSession,
    by = (/** @type {number} */ s) => player.seek(player.time + s);
  /** @type {Page.Track | null} */
  let shownTrack = null;
  /** @type {[MediaSessionAction, (details: MediaSessionActionDetails) => void][]} */
  const handlers = [
    ["play", () => player.resume()],
    ["pause", () => player.pause()],
    ["previoustrack", () => player.previous()],
    ["nexttrack", () => player.next()],
    ["seekto", ({ seekTime }) => player.seek(seekTime ?? 0)],
    ["seekforward", ({ seekOffset }) => by(seekOffset ?? STEP_S)],
    ["seekbackward", ({ seekOffset }) => by(-(seekOffset ?? STEP_S))],
  ];
  for (const [action, run] of handlers) {
    try {
      media?.setActionHandler(action, run);
    } catch {
      /* not supported by this browser */
    }
  }
  const display = {
    // The cover is set once loaded: without one the system would show an empty frame.
    update(cover = "") {
      const { track, isOn } = player;
      if (!media || !track) return;
      media.playbackState = isOn ? "playing" : "paused";
      if (shownTrack === track && !cover) return;
      shownTrack = track;
      const { title, artist } = track,
        sizes = `${COVER_PX}x${COVER_PX}`,
        artwork = cover ? [{ src: cover, sizes, type: "image/jpeg" }] : [];
      media.metadata = new MediaMetadata({ title, artist: artist ?? "", artwork });
    },
    // A cover may come when another track plays.
    /** @param {string | null} id @param {string} cover */
    coverOf(id, cover) {
      if (id === player.track?.id) display.update(cover);
    },
    /** @param {Page.Moment} moment */
    isAt({ at, of }) {
      if (shownTrack && shownTrack === player.track && at <= of && of)
        media.setPositionState({ duration: of, position: Math.min(at, of) });
    },
  };
  return display;
}
