import "./in_node.mjs";
import "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawn } from "../../../map4/page/parts/html.js";
import { isMade, madeText, makingOf, setMaker } from "../../../map4/lists/page/set_maker.js";

test("a set with fewer tracks than were asked for says so", () => {
  assert.equal(madeText("Set made", 12, 12), "Set made");
  assert.equal(madeText("Set made", 12, undefined), "Set made");
  assert.equal(madeText("Set made", 9, "40"), "Set made: only 9 tracks of 40; no more fit");
});

// The options of a set of tracks, which a test calls stored or previewed.
function maker(tracks, made_with = {}) {
  const done = [],
    places = Array.from({ length: tracks }, (_, at) => ({ key: `k${at}`, title: `T${at}` })),
    set = {
      places,
      storedKeys: new Set(places.map(({ key }) => key)),
      list: { duration_s: 3661, made_with },
      get shown() {
        return set;
      },
      previews: (op) => done.push(["previews", op]),
      do: async (op, what) => done.push(["stores", op, what]),
    };
  return { set, done, maker: makingOf(set) };
}

test("a curve is previewed while it is moved, and stored once the hand rests", async () => {
  const { maker: made, done } = maker(20);
  made.draft.value = { artist_gap: 3 };
  made.ask({ curve: "0:.2,100:.9" }, false);
  made.seeds.value = ["id 1"];
  made.ask({ curve: "0:.2,100:1", artist_gap: undefined }, true);
  await null;
  assert.deepEqual(done, [
    ["previews", { op: "make", n: 20, artist_gap: 3, curve: "0:.2,100:.9" }],
    ["stores", { op: "make", n: 20, curve: "0:.2,100:1", seeds: ["id 1"] }, "Set regenerated"],
  ]);
  made.ask({ minutes: 60 }, true);
  assert.deepEqual(done.at(-1)[1], {
    op: "make",
    curve: "0:.2,100:1",
    minutes: 60,
    seeds: ["id 1"],
  });
});
test("a set that is made by hand is made anew only when asked", () => {
  const { maker: made, done } = maker(5, null);
  made.ask({ curve: "wave" }, true);
  assert.deepEqual(done, []);
  assert.match(made.status(), /^Lock \(l\) the tracks to keep/);
  made.ask({}, true, true);
  assert.deepEqual(done[0].slice(0, 2), ["stores", { op: "make", n: 5, curve: "wave" }]);
});
test("a made set that has a track added by hand is replaced only when asked", () => {
  const own = { pick: { track: { energy: {} }, reasons: [] } },
    made = { pick: { track: { energy: {} }, reasons: ["energy 6"] } },
    isMadeOf = (...places) => isMade({ list: { made_with: {} }, places });
  assert.deepEqual([isMadeOf(made, made), isMadeOf(made, own)], [true, false]);
  assert.equal(isMadeOf(made, { ...own, locked: true }), true);
});
test("a preview says how many tracks would change", () => {
  const { maker: made, set } = maker(3);
  assert.equal(made.status(), "");
  set.preview = true;
  assert.equal(made.status(), "The same tracks · 1:01:01");
  set.storedKeys.delete("k1");
  assert.equal(made.status(), "1 of 3 tracks would change · 1:01:01");
  set.preview = false;
  made.draft.value.n = 9;
  assert.equal(made.status(), "3 of 9: no more tracks fit the limits.");
});
test("a largest tempo change is shown and typed in percent, and sent as a share", async () => {
  const { set, done } = maker(0, { tolerance: 0.07 }),
    option = { heading: "Limits", about: "", choices: [] },
    options = [
      { ...option, name: "tolerance", label: "Largest tempo change", kind: "number" },
      { ...option, name: "policy", label: "Tempo steps", kind: "choice", choices: ["strict"] },
    ];
  Object.assign(set, { isFree: true });
  const server = { get: async () => ({ curves: [], presets: [], options }) },
    element = drawn("div", {}, setMaker({ server }, set, () => {}).Maker),
    fields = element.querySelector("details").children.at(-1);
  await new Promise((drawn) => setTimeout(drawn));
  const input = fields.querySelector("input");
  assert.equal(input.value, "7");
  input.value = "3.5";
  input.dispatchEvent(new Event("change"));
  assert.equal(done.at(-1)[1].tolerance, 0.035);
  const policy = fields.querySelector("select");
  policy.value = "strict";
  policy.dispatchEvent(new Event("change"));
  assert.equal(done.at(-1)[1].policy, "strict");
});
