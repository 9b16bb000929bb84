// The list being edited, available beside every view once logged in.
import { SetInWork } from "./set_in_work.js";
import { SetPane } from "./set_pane.js";

/** @type {WeakMap<Page.App, { set: SetInWork, pane: SetPane }>} */
const DESKS = new WeakMap();

/** @param {Page.App} app */
export function frame(app) {
  const set = new SetInWork(app),
    pane = new SetPane(app, set);
  DESKS.set(app, { set, pane });
  app.set = {
    shows: () => pane.opens(true),
    list: () => set.list,
    add: (rows) => set.add(rows),
    put: (track, title) =>
      set.id
        ? set.do(
            { op: "insert", tracks: [track], at: set.places.length + 1 },
            `${title} added to ${set.list?.name ?? "the set"}`,
          )
        : set.create([track]),
  };
}

/** @param {Page.App} app */
export const deskOf = (app) => /** @type {{ set: SetInWork, pane: SetPane }} */ (DESKS.get(app));
