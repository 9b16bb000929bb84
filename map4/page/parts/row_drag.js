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
        { rows, count } = selection,
        id = row?.id;
      if (!row || id == null) return null;
      const isLoading = selection.waiting.value !== null,
        title = row.element.querySelector(".title span")?.textContent ?? "",
        dragged = {
          rows: isLoading ? [] : rows.has(id) ? [...rows] : [id],
          title: (isLoading || rows.has(id)) && count > 1 ? tracksOf(count) : title,
        };
      // Nothing takes them before they are there.
      if (isLoading)
        selection.settled().then(
          (all) => (dragged.rows = all),
          () => {},
        );
      return dragged;
      // The pointer was captured by then: use the element below it.
    },
    ({ clientX, clientY }) => {
      const row = table.rowIn(document.elementFromPoint(clientX, clientY));
      if (row && row.id !== null) table.go(row.place, "toggle");
    },
  );
}
