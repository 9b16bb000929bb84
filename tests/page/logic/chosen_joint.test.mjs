import "./in_node.mjs";
import { textOf } from "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawn } from "../../../map4/page/parts/html.js";
import { setRows } from "../../../map4/lists/page/set_rows.js";
import { Acts } from "../../../map4/page/parts/acts.js";
import { chosenJoint } from "../../../map4/lists/page/joint_tools.js";

test("a joint that stays as it is is not sent, and a change shows at once", async () => {
  const plan = {
    leave: { at_s: 100, until_s: 116 },
    enter: { at_s: 8, until_s: 24 },
    ...{ beats: 32, bars: 8, bpm: 120, lasts_s: 16, speed: 1, kind: "fade" },
    bass_swap: { at_s: 108 },
  };
  const sent = [],
    set = {
      places: [
        { key: "a", id: "1", pick: {} },
        { key: "b", id: "2", pick: { transition: { plan } } },
      ],
      do: async (op) => void sent.push(op),
    },
    chosen = chosenJoint({}, set);
  chosen.key.value = "a";
  await chosen.change({ kind: "fade" });
  await chosen.change({ bars: 8 });
  assert.deepEqual(sent, []);
  const change = chosen.change({ bars: 16 });
  assert.equal(chosen.plan.lasts_s, 32);
  await change;
  assert.deepEqual(sent, [{ op: "joint", at: 2, bars: 16 }]);
});

test("a click on a transition unfolds its tools below the track it leads from", async () => {
  globalThis.CSS = { escape: (text) => text };
  const transition = { rating: "good", words: [], tempo: {}, key: {}, plan: null },
    track = { current: { key: null, bpm: null } },
    pick = { track, transition, relaxed: [] },
    places = ["a", "b"].map((key) => ({ key, id: key, row: null, title: key, pick })),
    set = { id: "l-1", isFree: true, places, storedKeys: new Set(), plan() {} },
    app = { acts: new Acts(), source: {} };
  set.shown = set;
  const rows = setRows(app, set),
    list = drawn("div", {}, rows.Rows).querySelector("ol"),
    tools = () => list.children[0].querySelector(".joint-tools");
  rows.list.current.isConnected = true;
  assert.equal(tools(), null);
  list.children[0].querySelector(".onward").children[1].dispatchEvent(new Event("click"));
  await new Promise((done) => setTimeout(done));
  assert.equal(rows.joint.key.value, "a");
  assert.match(textOf(tools()), /Play.*a → b.*These tracks have no mix plan/s);
  assert.equal(document.activeElement, tools().querySelector("button"));
  tools().dispatchEvent(Object.assign(new Event("keydown"), { key: "Escape" }));
  await new Promise((done) => setTimeout(done));
  assert.deepEqual([rows.joint.key.value, tools()], [null, null]);
});
