import assert from "node:assert/strict";
import { test } from "node:test";
import {
  datesOf,
  localText,
  rangeOf,
  readKey,
  readKeys,
} from "../../../map4/page/source/values.js";

const KEYS = Array.from({ length: 24 }, (_, at) => `${(at >> 1) + 1}${"AB"[at & 1]}`);
const BPM = { kind: "number", least: 30, most: 300, step: 1, example: "bpm:120..128" };
const LENGTH = { kind: "duration", least: 0, most: 1e9, step: 1, example: "duration:..6m" };
const YEAR = { kind: "number", least: 0, most: 9999, step: 1, example: "year:1999" };
const ADDED = { kind: "date", example: "added:-2w" };

test("a number covers everything that is shown like it", () => {
  assert.deepEqual(rangeOf("bpm", BPM, "128"), [127.5, 128.5]);
  assert.deepEqual(rangeOf("bpm", BPM, "128.0"), [127.95, 128.05]);
  assert.deepEqual(rangeOf("bpm", BPM, "120..128"), [119.5, 128.5]);
  assert.deepEqual(rangeOf("bpm", BPM, "120.."), [119.5, Infinity]);
  assert.deepEqual(rangeOf("duration", LENGTH, "6m"), [330, 390]);
  assert.deepEqual(rangeOf("year", YEAR, "80s"), [1980, 1989]);
});
test("a range that can't match is an error with an example", () => {
  for (const [text, words] of [
    ["128..120", /ends before it begins/],
    ["..", /at least one end; write bpm:120..128/],
    ["fast", /is not a number/],
    ["12", /from 30 to 300/],
  ])
    assert.throws(() => rangeOf("bpm", BPM, text), words);
});
test("a key in any notation is the same key", () => {
  for (const text of ["8A", "08a", "1m", "Am", "A minor", "a min"])
    assert.equal(KEYS[readKey(text, KEYS)], "8A", text);
  for (const text of ["8B", "1d", "C", "C major", "B#"])
    assert.equal(KEYS[readKey(text, KEYS)], "8B", text);
  assert.equal(KEYS[readKey("F#m", KEYS)], KEYS[readKey("Gbm", KEYS)]);
  assert.throws(() => readKey("H", KEYS), /is not a key/);
});
test("a range of keys goes round the clock", () => {
  assert.deepEqual(
    readKeys("11A..2A", KEYS).map((at) => KEYS[at]),
    ["11A", "12A", "1A", "2A"],
  );
  assert.throws(() => readKeys("11A..2B", KEYS), /different modes/);
});
test("dates: a month, a day that there is not, and weeks ago", () => {
  const now = new Date(2026, 6, 15, 12);
  const [from, to] = datesOf(ADDED, "2026-02", now);
  assert.deepEqual(
    [localText(from.at), localText(to.at)],
    ["2026-02-01T00:00:00", "2026-03-01T00:00:00"],
  );
  assert.equal(datesOf(ADDED, "-2w", now)[0].at, now.getTime() - 14 * 86_400_000);
  assert.equal(datesOf(ADDED, "-2w", now)[1], null);
  for (const text of ["2026-02-30", "soon", "2026-03..2026-02"])
    assert.throws(() => datesOf(ADDED, text, now));
});
