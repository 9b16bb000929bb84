// The list being edited, available beside every view once logged in.
import { setInWork } from "./set_in_work.js";
import { setPane } from "./set_pane.js";

/** @typedef {Page.OpenSet & { set: Page.SetInWork, pane: ReturnType<typeof setPane> }} Desk */
/** @param {Page.App} app */
export function frame(app) {
  const set = setInWork(app),
    pane = setPane(app, set);
  /** @type {Desk} */
  const desk = {
    set,
    pane,
    list: () => set.list,
    add(rows, title) {
      pane.open(true);
      return set.add(rows, undefined, title);
    },
    put: (track, title) => set.put([track], title),
  };
  app.set = desk;
}

/** @param {Page.App} app */
export const deskOf = (app) => /** @type {Desk} */ (app.set);
