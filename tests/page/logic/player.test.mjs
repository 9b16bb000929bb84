import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";

const { mediaDisplay, pressedOn } = await import("../../../map4/page/parts/player_bar.js"),
  { PlayerLoop } = await import("../../../map4/page/parts/player_loop.js"),
  { Player } = await import("../../../map4/page/parts/player.js"),
  { PlayerJoints } = await import("../../../map4/page/parts/player_joints.js"),
  { levelOf } = await import("../../../map4/page/parts/channel.js");

// A player of which only the playing row and its place are known.
function among(now, isOn) {
  const done = [];
  const player = Object.create(Player.prototype, {
    row: { value: now },
    isOn: { value: isOn },
    time: { value: 42 },
    playFrom: { value: (row, s) => done.push(["from", row, s]) },
    toggleRow: { value: (row) => done.push(["toggle", row]) },
  });
  return { player, done };
}

test("another version goes on where the playing one is", () => {
  const { player, done } = among(7, true);
  player.toggleAmong(8, [7, 8, 9]);
  player.toggleAmong(8, [7, 8, 9], -0.5);
  player.toggleAmong(8, [7, 8, 9], -50);
  assert.deepEqual(done, [
    ["from", 8, 42],
    ["from", 8, 41.5],
    ["from", 8, 0],
  ]);
});
test("what is no version of the playing track, or is that track, begins or stops", () => {
  for (const [now, isOn, row] of [
    [7, true, 7],
    [3, true, 8],
    [7, false, 8],
  ]) {
    const { player, done } = among(now, isOn);
    player.toggleAmong(row, [7, 8, 9]);
    assert.deepEqual(done, [["toggle", row]]);
  }
});

test("a cover that comes late is no artwork of the next track", () => {
  const covers = [],
    player = { track: { id: "a" } };
  globalThis.MediaMetadata = class {
    constructor({ artwork }) {
      covers.push(...artwork.map(({ src }) => src));
    }
  };
  const value = { mediaSession: { setActionHandler() {} } };
  Object.defineProperty(globalThis, "navigator", { value, configurable: true });
  const machine = mediaDisplay(player);
  machine.coverOf("a", "cover of a");
  player.track = { id: "b" };
  machine.coverOf("a", "cover of a");
  assert.deepEqual(covers, ["cover of a"]);
});

// A player whose loaded track plays, and a loop of it whose sound is on the way.
function pending() {
  const messages = [],
    deck = { id: "a", channel: {}, isPlaying: true, audio: {} };
  Object.assign(deck, {
    play: () => (deck.isPlaying = true),
    pause: () => (deck.isPlaying = false),
  });
  const player = Object.create(Player.prototype),
    sound = { context: { currentTime: 0 }, decks: [deck] },
    sent = {};
  sent.promise = new Promise((resolve, reject) => Object.assign(sent, { resolve, reject }));
  Object.assign(player, { sound, on: 0, queued: [], say: (words) => messages.push(words) });
  player.moments = { value: 0 };
  for (const name of ["open", "changed"]) player[name] = () => player.sound;
  player.crossfade = { jumped: () => {} };
  player.plays = { send: () => {}, begin: () => {}, moved: () => {} };
  player.joints = { audio: { buffer: () => sent.promise }, stop: () => player.stopped++ };
  player.stopped = 0; // transitions, so that nothing sounds twice
  player.loop = new PlayerLoop(player);
  return { player, deck, messages, sent, entered: player.loop.enter(1, 2) };
}

test("the track plays on while a loop of it loads", async () => {
  const { player, deck, sent, entered } = pending();
  let sounds = 0;
  player.loop.play = () => sounds++;
  assert.deepEqual([deck.isPlaying, player.isLoading], [true, true]);
  sent.resolve({ duration: 1 });
  await entered;
  assert.deepEqual([sounds, deck.isPlaying, player.isLoading], [1, false, false]);
  player.loop.held = null;
  player.resume();
  assert.deepEqual([deck.isPlaying, player.stopped], [true, 2]);
});
test("a loop that is called off while its sound loads does not begin", async () => {
  for (const name of ["leaveLoop", "pause", "resume", "seek", "entered"]) {
    const { player, deck, sent, entered } = pending();
    player.tracks = { of: async () => null };
    player[name](20);
    assert.deepEqual([player.isLoading, player.loop.isPending], [false, false], name);
    sent.resolve({ duration: 1 });
    await entered;
    assert.deepEqual([player.loop.held, deck.isPlaying], [null, name !== "pause"], name);
  }
});
test("a loop whose sound does not come leaves the track as it is", async () => {
  const { player, deck, messages, sent, entered } = pending();
  sent.reject(new Error("No."));
  await entered;
  assert.deepEqual([messages, player.trouble], [["No."], undefined]);
  assert.deepEqual([deck.isPlaying, player.isLoading, player.loop.isPending], [true, false, false]);
});

// A player without sound whose queue has these titles; what it says and where it goes is in `done`.
function queued(titles, at) {
  const done = [],
    store = {},
    player = Object.assign(Object.create(Player.prototype), {
      queued: [...titles].map((title) => ({ id: title, row: null, title })),
      ...{ at, track: { id: titles[at], duration: 44, phrases: [] }, startAt: 0, sound: null },
      crossfade: { prepare() {}, end() {}, jumped() {} },
      loop: { has: () => true, leave() {}, source: null },
      plays: { send() {} },
      joints: { stop() {} },
      changes: { value: 0 },
      moments: { value: 0 },
      say: (text, undo) => done.push([text, undo]),
      go: (place) => done.push(["go", place]),
      shown() {},
    }),
    now = () => `${player.queued.map(({ title }) => title).join("")} ${player.at}`;
  globalThis.sessionStorage = {
    getItem: (name) => store[name] ?? null,
    setItem: (name, value) => (store[name] = value),
    removeItem: (name) => delete store[name],
  };
  return { player, done, now };
}

test("the playing track stays the same in a changed queue, and each change is undone", async () => {
  const { player, done, now } = queued("abc", 1);
  player.move(2, 1);
  assert.equal(now(), "acb 2");
  player.move(1, 0);
  assert.equal(now(), "cab 2");
  player.remove(1);
  assert.equal(now(), "cb 1");
  await done.at(-1)[1].undo();
  assert.equal(now(), "cab 2");
  player.queue([7, 8], 0);
  assert.deepEqual([player.at, player.queued.length, done.at(-1)[0]], [4, 5, "2 tracks queued"]);
  await done.at(-1)[1].undo();
  assert.equal(now(), "cab 2");
  player.empty();
  assert.equal(now(), "b 0");
  await done.at(-1)[1].undo();
  assert.equal(now(), "cab 2");
});
test("if the playing track is removed the next is heard; if none plays it is only shown", () => {
  const { player, done, now } = queued("abc", 1);
  player.remove(1);
  assert.deepEqual([now(), player.track], ["ac 1", null]);
  const playing = queued("abc", 2);
  playing.player.sound = { decks: [{ isPlaying: true, stop() {} }] };
  playing.player.on = 0;
  playing.player.remove(2);
  assert.deepEqual(playing.done.at(-1), ["go", 1]);
  assert.deepEqual(
    done.map(([text]) => text),
    ["Removed from the queue"],
  );
});
test("a queue and its place are kept over a reload", () => {
  const { player } = queued("abc", 2);
  Object.assign(player, { name: "Friday", isSet: true, startAt: 7.5 });
  player.store();
  const other = Object.create(Player.prototype);
  other.restore();
  assert.deepEqual(
    [other.queued.map(({ id }) => id).join(""), other.at, other.startAt, other.name, other.isSet],
    ["abc", 2, 7.5, "Friday", true],
  );
  for (const stored of ["{", "{}", '{"queued":[],"at":3}', '{"queued":7}']) {
    sessionStorage.setItem("map4.queue", stored);
    const another = Object.create(Player.prototype);
    another.restore();
    assert.equal(another.queued, undefined, stored);
  }
});
test("a place is reached by key and by phrase, within the track", () => {
  const { player } = queued("a", 0);
  player.track.phrases = [0, 8, 16].map((start_s) => ({ start_s, end_s: start_s + 8 }));
  const press = (key, shiftKey = false) => {
    pressedOn(player, { key, shiftKey, preventDefault() {} });
    return Math.round(player.time);
  };
  const keys = [["Home"], ["PageUp"], ["ArrowLeft"], ["ArrowLeft", true], ["ArrowLeft", true]];
  assert.deepEqual(
    keys.map((key) => press(...key)),
    [0, 30, 25, 16, 8],
  );
  assert.deepEqual([press("ArrowRight", true), press("ArrowRight", true)], [16, 16]);
  assert.deepEqual([press("ArrowDown"), press("End"), press("PageUp")], [11, 43, 44]);
});
test("all tracks are as loud, and none rises above full scale", () => {
  const levels = [
    [-8, -0.2, -6],
    [-20, -10, 6],
    [-20, -1, 1],
    [-16, 0.5, -0.5],
    [null, null, 0],
  ];
  for (const [integrated_lufs, true_peak_dbtp, db] of levels) {
    const level = levelOf({ integrated_lufs, true_peak_dbtp });
    assert.ok(Math.abs(20 * Math.log10(level) - db) < 1e-6, String(db));
  }
  assert.equal(Player.prototype.levelOf.call({ isLevelled: false }, {}), 1);
});

test("a transition is heard in the place of what plays, which goes on behind it", async () => {
  for (const how of ["ends", "stopped", "stopped while planned"]) {
    const done = [],
      player = {
        isOn: true,
        open: () => ({ context: {}, master: {} }),
        pause: () => (player.isOn = false),
        resume: () => (player.isOn = true),
        changed() {},
        levelOf: () => 1,
        failed: (text) => done.push(text),
      },
      joints = new PlayerJoints(player);
    let planned, ended;
    player.tracks = {
      plan: () => new Promise((resolve) => (planned = resolve)),
      of: async ({ id }) => ({ title: id }),
    };
    joints.audio = {
      stop: () => ended?.(false),
      play: async (_context, _out, joint, levels, began) => {
        done.push(joint.plan, await levels);
        began(5, { mixAt: 8, ends: 20 });
        return new Promise((resolve) => (ended = resolve));
      },
    };
    const playing = joints.play({ a: "a", b: "b" });
    assert.deepEqual([player.isOn, joints.playing.beginsAt], [false, Infinity]);
    if (how === "stopped while planned") joints.stop();
    planned("plan");
    await new Promise((next) => setTimeout(next));
    if (how === "stopped while planned") assert.deepEqual(done, []);
    else {
      assert.deepEqual([joints.playing.title, joints.playing.beginsAt], ["a → b", 5]);
      if (how === "ends") ended(true);
      else joints.stop();
    }
    assert.equal(await playing, how === "ends");
    assert.deepEqual([player.isOn, joints.playing], [true, null]);
  }
});

test("as many tracks are reported as were queued, and that the queue is full", () => {
  const words = [],
    queueing = (queued, rows, at) => {
      const player = Object.create(Player.prototype, {
        queued: { value: Array.from({ length: queued }, (_, row) => ({ row, id: null })) },
        requeue: { value: (all, text) => words.push([all.length, text]) },
      });
      const added = Array.from({ length: rows }, (_, row) => row);
      player.queue(added, at);
    };
  queueing(0, 1);
  queueing(0, 1500);
  queueing(0, 3000);
  queueing(1990, 20);
  queueing(1990, 20, 5);
  queueing(2000, 1);
  const full = ". The queue is full: it has 2,000 tracks.";
  assert.deepEqual(words, [
    [1, "Queued"],
    [1500, "1,500 tracks queued"],
    [2000, `2,000 tracks queued${full}`],
    [2000, `10 tracks queued${full}`],
    [2000, `20 tracks queued${full}`],
    [2000, `0 tracks queued${full}`],
  ]);
});
