import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import { resource } from "../../../map4/page/parts/html.js";
import { problemOf, sentence } from "../../../map4/page/source/problem.js";
import { importText } from "../../../map4/imports/page/import_file.js";
import { inWords } from "../../../map4/search/page/track_history.js";

test("a message is a sentence for people, and a file keeps its name", () => {
  assert.equal(sentence("the track is gone"), "The track is gone.");
  assert.equal(sentence("bad.wav: no audio stream"), "bad.wav: no audio stream.");
  assert.equal(sentence("version 1.2 is old!"), "Version 1.2 is old!");
  assert.equal(
    sentence("the library has no track 'x'; 'GET /api/v1/search' finds tracks"),
    "The library has no track 'x'.",
  );
});
test("each status of a refused request has one meaning, and words for people", async () => {
  const refused = (status, detail, path, headers = {}) =>
    problemOf(new Response(detail && JSON.stringify({ detail }), { status, headers }), path);
  for (const [status, meaning, message, mayTryAgain] of [
    [[401, "no"], "log-in", "No.", true],
    [[403, "no"], "forbidden", "No.", false],
    [
      [404, "the library has no track 'a2-0'", "tracks/a2-0?beats=true"],
      ...["gone", "This track is not in the library.", false],
    ],
    [
      [404, "'l-f' is not the id of a list", "lists/l-f"],
      "gone",
      "This list does not exist, or is not shared with you.",
      false,
    ],
    [[404, "no picture", "tracks/a2-0/cover"], "gone", "No picture.", false],
    [
      [404, "the file /music/a b/h02.flac is missing; is its drive connected?", "tracks/a/audio"],
      ...["gone", "The file h02.flac is missing; is its drive connected?", false],
    ],
    [
      [422, "/music/a (live)/b: c/h02.flac: -5 s is before its beginning", "tracks/a"],
      ...["wrong", "h02.flac: -5 s is before its beginning.", false],
    ],
    [
      [422, "a.xml: this can't be read; see /docs/b.html: it names all"],
      ...["wrong", "a.xml: this can't be read; see /docs/b.html: it names all.", false],
    ],
    [[409, "a list of this name exists"], "conflict", "A list of this name exists.", false],
    [
      [412, "the list has changed"],
      ...["changed", "Somebody else changed this list; its current state is shown.", false],
    ],
    [
      [429, "too many requests; wait", "", { "Retry-After": "5" }],
      ...["busy", "Too many requests. Try again in 5 seconds.", true],
    ],
    [[422, "bad"], "wrong", "Bad.", false],
    [[503, "the library is busy"], "lost", "The library is busy.", true],
    [[502], "lost", "The server can't respond now (502). Try again later.", true],
  ]) {
    const problem = await refused(...status);
    assert.deepEqual([problem.meaning, problem.message], [meaning, message]);
    assert.equal(problem.mayTryAgain, mayTryAgain);
  }
});
test("a change of equal size is told as a change", () => {
  assert.equal(inWords({ name: "cues", was: [{}], became: [{}] }), "cues changed: 1 cue point");
  assert.equal(inWords({ name: "bpm", was: null, became: 120 }), "bpm none → 120");
});
test("the newest question counts, in whatever order answers come", async () => {
  const found = resource(),
    waiting = [];
  const ask = () => found.ask(new Promise((done, failed) => waiting.push({ done, failed })));
  const requests = [ask(), ask(), ask()];
  waiting[1].done("old");
  waiting[2].done("new");
  waiting[0].failed(new Error("late"));
  assert.deepEqual(await Promise.all(requests), [false, false, true]);
  assert.deepEqual([found.value, found.error, found.isAsking], ["new", null, false]);
  const failing = ask();
  waiting[3].failed(new Error("gone"));
  assert.equal(await failing, false);
  assert.deepEqual([found.value, found.error?.message], ["new", "gone"]);
});

test("an import counts its tracks and lists apart", () => {
  const text = (changed, lists) => importText(0, { import: { changed, changed_lists: lists } });
  assert.equal(text(14, 1), "14 tracks and 1 list imported");
  assert.equal(text(1, 0), "1 track imported");
});
