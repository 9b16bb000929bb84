import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import { tableHead } from "../../../map4/page/parts/table_head.js";

const column = (name, width, more) => ({ name, kind: name, width, ...more }),
  HAVE = [
    column("play", 30),
    column("title", 150),
    column("artist", 150),
    column("bpm", 70),
    column("energy", 60),
    column("path", 300, { chosen: true }),
  ];
// A head of a table with these columns, of which `names` were chosen.
function headOf(names = null, empty = "") {
  const shapes = [],
    table = {
      have: HAVE,
      shape: { names, widths: { bpm: 80 } },
      source: { about: { table: HAVE } },
      hasValues: ({ name }) => name !== empty,
      layout() {},
      on: { shaped: (shape) => shapes.push(shape) },
    },
    head = tableHead(table);
  globalThis.document = { ...globalThis.document, activeElement: null };
  const shown = (room, stacked = false, printing = false) =>
    (table.columns = head.columnsFor(room, stacked, printing)).map(({ name }) => name).join(" ");
  return { head, table, shapes, shown };
}

test("columns are the chosen ones in their order, or those that fit", () => {
  const { head, shown } = headOf();
  assert.equal(shown(1000), "play title artist bpm energy");
  assert.equal(head.hidden, 0);
  assert.equal(shown(400), "play title artist bpm");
  assert.equal(head.hidden, 1);
  assert.equal(headOf(null, "bpm").shown(400), "play title artist energy"); // without values
  assert.equal(shown(360, true), "play title bpm energy"); // the artist is below the title
  assert.equal(shown(1000, false, true), "title artist bpm energy");
  const chosen = headOf(["path", "artist", "gone", "title"]);
  assert.equal(chosen.shown(100), "path artist title");
  assert.equal(chosen.shown(100, true), "path title");
});
test("a column is moved among those that are shown, and the shape is kept", () => {
  const { head, table, shapes, shown } = headOf();
  shown(400);
  for (const [name, to] of [
    ["artist", 1],
    ["bpm", 4],
    ["gone", 0],
    ["bpm", 3],
  ])
    head.move(name, to);
  assert.deepEqual(
    shapes.map(({ names }) => names.join(" ")),
    ["play artist title bpm"],
  );
  assert.deepEqual(table.shape.widths, { bpm: 80 });
  assert.equal(shown(9), "play artist title bpm");
});
