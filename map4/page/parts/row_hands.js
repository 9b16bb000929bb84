// Rows of a table in the hand: carried by mouse or finger, and selected, besides others, by a finger that rests on them.
import { drags } from "./drag.js";
import { tracksOf } from "./wording.js";
/** @import { Selection } from "./selection.js" */
/** @import { TrackTable } from "./table.js" */

/** @param {TrackTable} table @param {Selection} selection */
export function carriesRows(table, selection) {
  // All that is selected is carried, or the row below the hand.
  drags(table.body, (event) => {
    const row = table.rowAt(event), { rows } = selection;
    if (row?.id == null) return null;
    const title = row.element.querySelector(".title span")?.textContent ?? "";
    return rows.has(row.id) ? { rows: [...rows], title: rows.size > 1 ? tracksOf(rows.size) : title } : { rows: [row.id], title };
  // The finger has been taken over by then: what lies below it counts.
  }, ({ clientX, clientY }) => {
    const tr = document.elementFromPoint(clientX, clientY)?.closest("tr"), row = tr && table.rowOf.get(tr);
    if (row && row.id !== null) table.go(row.place, "toggle");
  });
}
