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
    put: (track, title) => set.put([track], title),
  };
}

/** @param {Page.App} app */
export const deskOf = (app) => /** @type {{ set: SetInWork, pane: SetPane }} */ (DESKS.get(app));
