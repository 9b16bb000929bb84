import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import { textOf } from "./fake_dom.mjs";

const { render } = await import("../../../map4/page/parts/html.js");
const { JointLine } = await import("../../../map4/page/parts/joint.js");
const { rowOf } = await import("../../../map4/lists/page/set_row.js");
const { playbackTime, mixedOf, staysOf } = await import("../../../map4/page/parts/set_clock.js");

const plan = { against: [], leave: { at_s: 180, until_s: 195 }, enter: { at_s: 0, until_s: 15 } };
const joint = {
  rating: "good",
  faults: [],
  words: [],
  tempo: { change_percent: 8.33, fader_percent: -7.69, folded: null },
  key: { words: null },
  energy: { words: null },
  plan: { ...plan, kind: "blend", bars: 8 },
};
const place = (title, pick = null, more = {}) => ({
  key: title,
  title,
  artist: "Ann",
  locked: false,
  isLoading: false,
  pick: pick && {
    track: { current: { key: "8A", bpm: 128 }, file: { duration_s: 200 }, tempo: null },
    relaxed: [],
    ...pick,
  },
  ...more,
});
const about = { isFree: true, strip: "b" };

test("a row has its track, and the transition that leads from it to the next", () => {
  const places = [place("A", {}, { locked: true }), place("B", { transition: joint })];
  const row = rowOf(places, 0, about);
  assert.equal(row.label, "A by Ann, place 1 of 2, locked; into B: " + row.words.summary);
  assert.deepEqual([row.artist, row.about, row.words.tempo], ["Ann", "3:20", "−7.7 %"]);
  assert.match(row.words.summary, /fader −7.7 %/);
  assert.equal(row.classes, "place locked");
  assert.equal(
    rowOf(places, 0, { ...about, states: { playing: true } }).classes,
    "place locked playing",
  );
  assert.equal(rowOf(places, 0, { ...about, opens: "joint" }).classes, "place locked unfolded");
  assert.deepEqual([row.tempo, row.camelot, row.level, row.canPlay], ["128.0", "8A", null, true]);
  assert.equal(rowOf(places, 0, { ...about, isFree: false }).isFree, false);
  const waiting = rowOf([place("A", {}, { isUnsaved: true })], 0, about);
  assert.equal(waiting.label, "A by Ann, place 1 of 1, not saved yet");
  assert.equal(waiting.classes, "place unsaved");
  const last = rowOf(places, 1, about);
  assert.deepEqual([last.label, last.next], ["B by Ann, place 2 of 2", null]);
});
test("a line begins with its tempo and keys; its faults follow in amber, each once", () => {
  const text = "there is room for 4 beats only",
    plan = { ...joint.plan, bars: 1, against: [{ kind: "short", text }] },
    transition = { ...joint, rating: "fair", words: [text, "swung into straight"], plan },
    { words } = rowOf([place("A", {}), place("B", { transition })], 0, about),
    line = document.createElement("div"),
    faults = `${text}, swung into straight`;
  render(JointLine({ words, unknown: "" }), line);
  assert.equal(textOf(line), `fair: −7.7 % · 8A→8A · ${faults.replace(",", ";")} · 1 bar`);
  assert.equal(line.children[0].attributes.class, "joint r-fair faulty");
  assert.equal(words.summary, `fair, ${faults}, keys 8A to 8A, fader −7.7 %, 1 bar overlap`);
});
test("a row says what is missing or asked", () => {
  const places = [place("A", {}), place("B")],
    missing = rowOf(places, 1, about);
  assert.equal(missing.about, "file missing");
  assert.deepEqual([missing.classes, missing.tempo], ["place missing", "–"]);
  assert.equal(rowOf(places, 0, about).unknown, "file missing");
  const loading = [place("A", {}), place("B", { transition: joint }, { isLoading: true })];
  const row = rowOf(loading, 0, { ...about, states: { new: true } });
  assert.deepEqual([row.words, row.unknown, row.classes], [null, "…", "place new"]);
  assert.equal(rowOf([place("A", {}), place("B", {})], 0, about).unknown, "not rated");
});
test("the mixed length has the overlaps taken off, once all mixes are known", () => {
  const overlapped = { ...plan, lasts_s: 15 },
    [first, second] = ["One", "Two"].map((title) => place(title, {})),
    third = place("Three", { transition: { plan: overlapped } });
  assert.equal(mixedOf([first]), 200);
  assert.equal(mixedOf([first, third]), 180 + 200);
  assert.equal(mixedOf([first, second]), 400); // no plan: one after the other
  assert.equal(mixedOf([first, place("Gone"), third]), 380);
  second.pick.transition = {};
  assert.equal(mixedOf([first, second]), null);
  assert.equal(mixedOf([first, { ...third, isLoading: true }]), null);
});
test("the clock shows the place of what plays, if it plays in the set", () => {
  const third = place("Three", { transition: { plan: { ...plan, lasts_s: 15 } } }, { id: "c" }),
    stays = staysOf([place("One", {}), third]);
  assert.equal(playbackTime(stays, { track: { id: "c" }, time: 40 }), 180 + 40);
  assert.equal(playbackTime(stays, { track: { id: "elsewhere" }, time: 40 }), null);
  const playing = { ...stays[1], plan: null, from: 10, speed: 1.25 }; // of a recording
  assert.equal(playbackTime([playing], { track: { id: "c" }, time: 40 }), 180 + 24);
});
