import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import "./fake_dom.mjs";
import { drawn } from "../../../map4/page/parts/html.js";
import { barPanel, beatsOfBar, recounted } from "../../../map4/doctor/page/bars.js";

const GRID = [{ position_s: 0.25, bpm: 120, metre: null, beat: null }],
  choices = [0.75, 1.25, 1.75, 2.25].map((downbeat_s) => ({ label: "", values: { downbeat_s } })),
  findings = ["a", "b"].map((audio_id) => ({ audio_id, check: "bars_doubtful", choices }));

// A panel without elements. What it asks for waits in `asked`; what is played is in `played`.
function panelOf() {
  const requests = [],
    played = [],
    player = { playFrom: (row, s) => played.push([row, s]) },
    get = (path) => new Promise((done) => requests.push({ path, done })),
    app = { player, server: { get }, tried: (run) => run() },
    panel = barPanel(app, ({ audio_id: id }) => `row ${id}`);
  const answer = async (id, more = {}) => {
    const place = requests.findIndex(({ path }) => path.startsWith(`tracks/${id}?`));
    const track = { audio_id: id, file: { duration_s: 60 }, grid_marks: GRID, cues: [], ...more };
    requests.splice(place, 1)[0].done(track);
    await new Promise((done) => setTimeout(done));
  };
  return { panel, requests, played, answer };
}
const chosen = (panel, finding) =>
  panel
    .choicesOf(finding)
    .map(({ label, values: { downbeat_s, metre } }) => [label, downbeat_s, metre]);

test("a bar begins at a beat, moved by half beats, in the mark there", () => {
  const marks = [...GRID, { position_s: 10, bpm: 60 }],
    of = (...call) =>
      recounted(marks, ...call).marks.map(({ position_s, metre }) => [position_s, metre]);
  assert.deepEqual(of(1.3, 3), [[1.25, 3], [10, undefined]]); // prettier-ignore
  assert.deepEqual(of(1.3, 4, -1), [[1, 4], [10, undefined]]); // prettier-ignore
  assert.deepEqual(of(12.1, 4, 1), [[0.25, null], [12.5, 4]]); // prettier-ignore
  const mark = { position_s: 4, bpm: 120, metre: 3, beat: 1 };
  assert.deepEqual(beatsOfBar(mark, 9.99), [8.5, 9, 9.5]);
  assert.deepEqual(beatsOfBar(mark, 10), [10, 10.5, 11]);
  assert.deepEqual(beatsOfBar(mark, 1.2), [1, 1.5, 2]);
});
test("beats are chosen in the bar of the drop, as they are counted and moved", async () => {
  const { panel, answer } = panelOf();
  panel.show(findings[0]);
  const before = chosen(panel, findings[0]);
  await answer("a", {
    cues: [
      { kind: "first_beat", position_s: 1 },
      { kind: "drop", position_s: 21 },
    ],
  });
  const unchanged = ["keep beat 1", 20.75, 4],
    others = [2, 3, 4].map((n) => [`change to beat ${n}`, 20.25 + n / 2, 4]);
  assert.deepEqual(chosen(panel, findings[0]), [unchanged, ...others]);
  assert.deepEqual(chosen(panel, findings[1]), before); // as the doctor proposes them
  panel.shift(-1);
  assert.deepEqual(chosen(panel, findings[0])[0], ["change to beat 1", 20.5, 4]);
  panel.turnMetre();
  assert.deepEqual(chosen(panel, findings[0]).at(-1), ["change to beat 3", 21.5, 3]);
  panel.turnMetre();
  assert.equal(panel.choicesOf(findings[0]).length, 4);
});
test("only the newest track is shown, and heard with a click from a bar before", async () => {
  const { panel, requests, played, answer } = panelOf();
  panel.show(findings[0]);
  panel.show(findings[1]);
  panel.show(findings[1]);
  assert.equal(requests.length, 2);
  panel.play();
  await answer("b", { cues: [{ kind: "mix_in", position_s: 9 }] });
  await answer("a");
  await panel.play();
  assert.equal(panel.opened.value.track.audio_id, "b");
  assert.deepEqual(played, Array(2).fill(["row b", 6.75]));
  const [element] = drawn("div", {}, panel.View).children;
  assert.deepEqual([panel.click.isOn, "hidden" in element.attributes], [true, false]);
  panel.show({ check: "tempo_close" });
  await new Promise((done) => setTimeout(done));
  assert.deepEqual(
    [panel.finding.value, panel.click.isOn, "hidden" in element.attributes],
    [null, false, true],
  );
});
test("a grid of several marks is shown at its first bar, a track without grid not", async () => {
  const { panel, answer } = panelOf();
  panel.show(findings[0]);
  await answer("a", {
    grid_marks: [...GRID, { position_s: 10.25, bpm: 60 }],
    cues: [{ kind: "drop", position_s: 20 }],
  });
  assert.equal(panel.beats.value[0], 0.75);
  panel.show(findings[1]);
  await answer("b", { grid_marks: [] });
  assert.equal(panel.opened.value, null);
});
