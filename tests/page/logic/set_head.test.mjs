import "./in_node.mjs";
import "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawn } from "../../../map4/page/parts/html.js";
import { setHead } from "../../../map4/lists/page/set_head.js";

const next = () => new Promise((done) => setTimeout(done));

test("a refused name stays to be corrected, and the stored one returns if it is left", async () => {
  const list = { name: "Techno", may_edit: true, marks: [], duration_s: 0 },
    set = { list, places: [], preview: false, describe: async () => undefined },
    app = {
      server: { may: () => true },
      acts: { add() {} },
      marks: { all: [], color: () => null },
    },
    element = drawn("div", {}, setHead(app, Object.assign(set, { shown: set })).Head);
  await next();
  const field = element.querySelector(".name");
  field.value = "Friday";
  field.dispatchEvent(new Event("change"));
  await next();
  assert.deepEqual([field.value, document.activeElement], ["Friday", field]);
  field.dispatchEvent(new Event("blur"));
  assert.equal(field.value, "Techno");
});
