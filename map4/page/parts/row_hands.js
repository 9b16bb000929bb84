// Drag rows by mouse or touch; a long press toggles the selection.
import { drags } from "./drag.js";
import { tracksOf } from "./wording.js";

/** @param {Page.TrackTable} table @param {Page.Selection} selection */
export function carriesRows(table, selection) {
  // Drags the selection if the row is in it, otherwise the row.
  drags(
    table.body,
    (event) => {
      const row = table.rowAt(event),
        { rows } = selection;
      if (row?.id == null) return null;
      const title = row.element.querySelector(".title span")?.textContent ?? "";
      return rows.has(row.id)
        ? { rows: [...rows], title: rows.size > 1 ? tracksOf(rows.size) : title }
        : { rows: [row.id], title };
      // The pointer was captured by then: use the element below it.
    },
    ({ clientX, clientY }) => {
      const tr = document.elementFromPoint(clientX, clientY)?.closest("tr"),
        row = tr && table.rowOf.get(tr);
      if (row && row.id !== null) table.go(row.place, "toggle");
    },
  );
}
