import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import "./fake_dom.mjs";
import { trackPlayer } from "../../../map4/search/page/track_player.js";

const loops = [
  { position_s: 4, length_s: 2 },
  { position_s: 8, length_s: 4 },
];

// The player of the shown track "a"; what it does is in `done`.
function playing({ loaded = null, held = null, cues = loops, chosen } = {}) {
  const done = [],
    note =
      (what) =>
      (...how) =>
        done.push([what, ...how]);
  const enter = Object.assign({ held, isPending: false }, { enter: note("enter") }),
    player = {
      track: loaded && { id: loaded },
      queued: [],
      at: 0,
      time: 9,
      isOn: false,
      loop: enter,
      seek: note("seek"),
      resume: note("resume"),
      toggle: note("toggle"),
      leaveLoop: note("leave"),
      begin: ([{ id }], at, about) => done.push(["begin", id, about]),
    },
    wave = {
      at: 0,
      place(s) {
        this.at = s;
      },
    },
    state = {
      id: "a",
      isShown: true,
      track: { cues },
      app: { player, say: note("say") },
      isHere: loaded === "a",
    };
  return { shown: trackPlayer(state, wave, () => chosen), wave, done };
}

test("a track that is not loaded begins where it is played from", () => {
  const { shown, done } = playing();
  shown.playFrom(12);
  shown.playCue(loops[1]);
  assert.deepEqual(done, [
    ["begin", "a", { s: 12 }],
    ["begin", "a", { s: 8, until: 12 }],
  ]);
});

test("a loaded track seeks, and another one that plays stays where it is", () => {
  const here = playing({ loaded: "a" }),
    other = playing({ loaded: "b" });
  here.shown.go(7);
  other.shown.go(7);
  assert.deepEqual([here.done, other.done], [[["seek", 7]], []]);
  assert.deepEqual([here.shown.place.value, other.shown.place.value], [7, 7]);
});

test("a loop is the chosen one, that at the position, or the first; again, it is left", () => {
  const looped = (about, at) => {
    const { shown, wave, done } = playing({ loaded: "a", ...about });
    wave.at = at;
    shown.loop();
    return done;
  };
  assert.deepEqual(looped({ chosen: loops[0] }, 9), [["enter", 4, 6]]);
  assert.deepEqual(looped({}, 9), [["enter", 8, 12]]);
  assert.deepEqual(looped({}, 20), [["enter", 4, 6]]);
  assert.deepEqual(looped({ held: { from_s: 4 } }, 9), [["leave"]]);
  assert.deepEqual(looped({ cues: [] }, 9), [["say", "No loop here. Choose one under Loop…"]]);
});

test("a position shows what plays only if it is of this track", () => {
  const here = playing({ loaded: "a" }),
    other = playing({ loaded: "b" });
  here.shown.follow();
  other.shown.follow();
  assert.deepEqual([here.shown.place.value, other.shown.place.value], [9, 0]);
});
