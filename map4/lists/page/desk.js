// The list being edited, available beside every view once logged in.
import { SetInWork } from "./set_in_work.js";
import { setPane } from "./set_pane.js";

/** @typedef {{ set: SetInWork, pane: ReturnType<typeof setPane> }} Desk */
/** @type {WeakMap<Page.App, Desk>} */
const DESKS = new WeakMap();

/** @param {Page.App} app */
export function frame(app) {
  const set = new SetInWork(app),
    pane = setPane(app, set);
  DESKS.set(app, { set, pane });
  app.set = {
    shows: () => pane.open(true),
    list: () => set.list,
    add: (rows) => set.add(rows),
    put: (track, title) => set.put([track], title),
  };
}

/** @param {Page.App} app */
export const deskOf = (app) => /** @type {Desk} */ (DESKS.get(app));
