// Drag rows by mouse or touch; a long press toggles the selection.
import { drags } from "./drag.js";
import { targetOf } from "./element.js";
import { tracksOf } from "./wording.js";

/** @param {Page.TrackTable} table @param {Page.Selection} selection */
export function dragsRows(table, selection) {
  // Drags the selection if the row is in it, otherwise the row.
  drags(
    table.table.tBodies[0],
    (event) => {
      const row = table.rowIn(targetOf(event)),
        { rows } = selection,
        id = row?.id;
      if (!row || id == null) return null;
      const title = row.element.querySelector(".title span")?.textContent ?? "";
      if (selection.waiting.value)
        return {
          ...{ rows: [id], title: tracksOf(selection.count) },
          later: () => selection.settled((all) => (all.includes(id) ? all : [id])),
        };
      return rows.has(id)
        ? { rows: [...rows], title: rows.size > 1 ? tracksOf(rows.size) : title }
        : { rows: [id], title };
      // The pointer was captured by then: use the element below it.
    },
    ({ clientX, clientY }) => {
      const row = table.rowIn(document.elementFromPoint(clientX, clientY));
      if (row && row.id !== null) table.go(row.place, "toggle");
    },
  );
}
