import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldsOf, inOrder, membersOf } from "../../../map4/page/parts/export_dialog.js";

const option = (name, kind, more = {}) => ({
  name,
  label: name,
  about: "",
  kind,
  choices: [],
  value: null,
  ...more,
});
const OPTIONS = [
  option("with_grid", "switch", { value: true }),
  option("measured_grid", "switch"),
  option("with_cues", "choice", { choices: ["imported", "all"] }),
  option("path_map", "texts"),
  option("more.volume", "text"),
];

test("a form starts with the format's values, or with the last chosen ones", () => {
  const values = (last) => fieldsOf(OPTIONS, last).map(({ value }) => value);
  assert.deepEqual(values(), ["with_grid", "", "", ""]);
  const last = { with_cues: "all", path_map: "/a=D:/a", "more.volume": "HD" };
  assert.deepEqual(values({ ...last, with_grid: "none" }), ["none", "all", "/a=D:/a", "HD"]);
});
test("grids are one choice of three", () => {
  const [{ type, choices }] = fieldsOf(OPTIONS.slice(0, 2)),
    sent = choices.map(([name]) => membersOf(OPTIONS.slice(0, 2), { with_grid: name }));
  assert.equal(type, "select");
  assert.deepEqual(sent, [
    { with_grid: false, measured_grid: false },
    { with_grid: true, measured_grid: false },
    { with_grid: false, measured_grid: true },
  ]);
});
test("DJ programs come before files, the most used first", () => {
  const formats = "m3u8 html serato traktor rekordbox".split(" ").map((name) => ({ name }));
  assert.equal(
    inOrder(formats)
      .map(({ name }) => name)
      .join(" "),
    "rekordbox traktor serato m3u8 html",
  );
});
test("a choice without a usual value can be left to the format", () => {
  assert.deepEqual(fieldsOf(OPTIONS)[1].choices, [
    ["", "default"],
    ["imported", "imported"],
    ["all", "all"],
  ]);
});
test("the request has what was chosen, a path map per line and tables as such", () => {
  const typed = {
    with_grid: "measured_grid",
    with_cues: "",
    path_map: " /a=D:/a\n\n/b=E:/b ",
    to: "traktor",
  };
  assert.deepEqual(membersOf(OPTIONS, { ...typed, "more.volume": "HD" }), {
    with_grid: false,
    measured_grid: true,
    path_map: ["/a=D:/a", "/b=E:/b"],
    more: { volume: "HD" },
  });
  const some = { with_grid: "with_grid", with_cues: "all", path_map: "", "more.volume": "" };
  assert.deepEqual(membersOf(OPTIONS, some), {
    ...{ with_grid: true, measured_grid: false },
    with_cues: "all",
  });
});
