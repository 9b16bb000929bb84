import "./in_node.mjs";
import { textOf } from "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawn, signal } from "../../../map4/page/parts/html.js";
import { mendsOf, setMends } from "../../../map4/lists/page/set_mends.js";

// Files A to E; the second is missing, so that positions of tracks and places of entries differ.
const PLACES = [..."A-BCDE"].map((title) => ({ title, pick: title === "-" ? null : {} })),
  NONE = {
    from: 2,
    to: 3,
    swap: null,
    move: null,
    insertion: null,
    replacement: null,
    joint: null,
    remove: null,
  },
  compatibility = { before: 0.414, after: 0.78 },
  track = { position: 3, title: null, path: "/m/New.mp3", audio_id: "n", compatibility };

test("each mend of a weak transition becomes an edit of its places", () => {
  const move = (position, after) => ({ position, after_position: after, compatibility });
  const cases = [
    [
      { joint: { kind: "cut", bars: null, rating: "good" } },
      "Cut",
      { op: "joint", at: 4, kind: "cut" },
    ],
    [
      { joint: { kind: "bass_swap", bars: 4, rating: "good" } },
      "Mix over 4 bars",
      { op: "joint", at: 4, kind: "bass_swap", bars: 4 },
    ],
    [{ remove: 3 }, "Remove C", { op: "remove", places: [4] }],
    [{ swap: move(2, 3) }, "Swap B and C", { op: "move", from: 3, to: 4 }],
    [{ swap: move(3, 1) }, "Swap C and B", { op: "move", from: 4, to: 2 }],
    [{ move: move(3, 5) }, "Move C after E", { op: "move", from: 4, to: 6 }],
    [{ move: move(3, 0) }, "Move C to the start", { op: "move", from: 4, to: 1 }],
    [{ insertion: track }, "Insert New.mp3", { op: "insert", tracks: ["n"], at: 4 }],
    [
      { replacement: { ...track, title: "New" } },
      "Replace C by New",
      { op: "replace", at: 4, track: "n" },
    ],
  ];
  for (const [mend, words, op] of cases) {
    const [found, ...others] = mendsOf({ ...NONE, ...mend }, PLACES);
    assert.deepEqual([found.words, found.op, others], [words, op, []]);
  }
  const all = Object.assign({}, NONE, ...cases.map(([mend]) => mend));
  assert.deepEqual(
    mendsOf(all, PLACES).map(({ op }) => op.op),
    ["remove", "move", "move", "insert", "replace", "joint"],
  );
  const unplanned = PLACES.map((place) => ({ ...place, pick: { transition: { plan: null } } })),
    cut = { kind: "cut", bars: null, rating: "good" };
  assert.deepEqual(mendsOf({ ...NONE, joint: cut }, unplanned), []); // the server refuses it
  const both = mendsOf({ ...NONE, swap: move(2, 3), move: move(2, 3) }, PLACES);
  assert.deepEqual(
    both.map(({ about }) => about),
    ["the set: 41.4 → 78.0 of 100"],
  );
  const least = { ...track, compatibility: { before: 0.414, after: 0.413 } };
  assert.deepEqual(
    mendsOf({ ...NONE, insertion: least, replacement: track, joint: cut }, PLACES).map(
      ({ op }) => op.op,
    ),
    ["replace", "insert", "joint"], // the best first
  );
  assert.deepEqual(mendsOf(NONE, PLACES), []);
});

// The buttons in the head of a set, and the parts below it.
const drawnMends = (...about) => {
  const { Acts, Mends, Ends } = setMends(...about),
    [acts, mends, ends] = [Acts, Mends, Ends].map((part) => drawn("div", {}, part));
  return { acts, mends, ends };
};

test("the best order is offered in words with the number of moved tracks", () => {
  const listOf = (order) => ({ entries: [...order].map((id) => ({ id })), ids: [], picks: [] }),
    set = {
      compared: { mine: listOf("ABC"), best: listOf("ACB") },
      changed: { subscribe() {} },
      places: [],
    };
  set.shown = set;
  assert.match(
    textOf(drawn("div", {}, setMends({}, set, () => {}).Mends)).trim(),
    /^Best order: weak transitions 0 → 0; 2 tracks in another place,\s+in colour\./,
  );
});

test("the focus of the pressed button Best order goes to the offer", async () => {
  const order = { entries: [], ids: [], picks: [] },
    places = PLACES.map((place, key) => ({ ...place, key, rating: "" })),
    changed = signal(0),
    set = {
      ...{ places, list: {}, isFree: true, compared: null, changed },
      get shown() {
        void changed.value;
        return set;
      },
    },
    { acts, mends } = drawnMends({ tried: (run) => run() }, set, () => {});
  set.compare = async () => {
    set.compared = { mine: order, best: order };
    return ++changed.value;
  };
  document.body = document.activeElement = {};
  acts.querySelector("button").dispatchEvent(new Event("click"));
  await new Promise((done) => setTimeout(done));
  assert.match(textOf(mends).trim(), /^Best order: weak/);
  assert.equal(document.activeElement, mends.querySelector("button"));
});

test("the focus of a mend that has done its work goes to the first button", async () => {
  const transition = { rating: "poor" },
    places = [..."ABC"].map((title, key) => ({ title, key, pick: { transition } })),
    changed = signal(0),
    set = {
      ...{ id: "l-1", revision: 1, pending: 0, places, list: {}, isFree: true, compared: null },
      ...{ changed, do: async () => {} },
      get shown() {
        void changed.value;
        return set;
      },
    },
    joint = { kind: "cut", bars: null, rating: "good" },
    weakest = [{ ...NONE, joint, rating: "poor", words: [] }],
    pins = [],
    query = async (_, { pin }) =>
      pins.push(pin) && { weakest: weakest.splice(0), songs_again: [{ position: 2, first: 1 }] },
    app = { server: { query } },
    { acts, mends, ends } = drawnMends(app, set, () => {}),
    next = () => new Promise((done) => setTimeout(done));
  await next();
  acts.children[1].dispatchEvent(new Event("click"));
  await next();
  const mend = mends.querySelector(".weak").children[0].children.at(-1);
  assert.match(textOf(mend), /^Cut/);
  assert.match(textOf(mends), /Songs again: 2 \(see 1\)/);
  mend.focus();
  set.revision = 2;
  changed.value++;
  document.body = document.activeElement = {}; // as a browser does once it is removed
  mends.querySelector(".mends").contains = () => true;
  await next();
  assert.equal(document.activeElement, acts.querySelector("button")); // nothing is left to mend
  assert.deepEqual(pins.flat(), [1, 3, 1, 3]);
  ends.querySelector("input").dispatchEvent(new Event("change"));
  await next();
  assert.deepEqual(pins[2], []); // the first and the last may move
});

test("Use this order and Cancel pass the focus on, before the order is stored", async () => {
  const order = { entries: [], ids: [], picks: [] },
    places = PLACES.map((place, key) => ({ ...place, key, rating: "" }));
  for (const at of [0, 2]) {
    const changed = signal(0),
      set = {
        ...{ places, list: {}, isFree: true, compared: { mine: order, best: order }, changed },
        get shown() {
          void changed.value;
          return set;
        },
        settle() {
          set.compared = null;
          changed.value++;
          return new Promise(() => {});
        },
      },
      { acts, mends } = drawnMends({}, set, () => {});
    await new Promise((done) => setTimeout(done));
    document.body = document.activeElement = {};
    mends.querySelector(".line").children[at].dispatchEvent(new Event("click"));
    await new Promise((done) => setTimeout(done));
    assert.equal(textOf(mends).trim(), "");
    assert.equal(document.activeElement, acts.querySelector("button"));
  }
});
