import "./in_node.mjs";
import "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";

process.env.TZ = "Asia/Tokyo";
const { render } = await import("../../../map4/page/parts/html.js");
const { hueOf } = await import("../../../map4/page/parts/wording.js");
const { cellOf } = await import("../../../map4/page/parts/cells.js");

test("an untagged row without a picture is tinted by its title", () => {
  const values = { cover: [null], album: [null], artist: [null], title: ["A"], is: [0], a: [0] },
    about = { source: { about: { marks: [] } } },
    host = document.createElement("tr");
  render(cellOf({ name: "a", kind: "cover" }, about, [{ ids: [1], values }, 0]), host);
  assert.equal(host.querySelector("span").style["--hue"], hueOf("A"));
});
test("days and moments are shown by the clock here", () => {
  const shown = (kind, value) => {
    const about = { source: { about: { marks: [] } } };
    const rows = { ids: [1], values: { a: [value], is: [0] } };
    return cellOf({ name: "a", kind }, about, [rows, 0]).props.children;
  };
  assert.equal(shown("day", Date.parse("2026-01-30T15:00:00Z") / 1000), "2026-01-31");
  assert.equal(shown("moment", "2026-02-01T03:15:00Z"), "2026-02-01 12:15");
  assert.equal(shown("moment", "2026-02-01"), "2026-02-01");
  assert.equal(shown("moment", null), "–");
});
