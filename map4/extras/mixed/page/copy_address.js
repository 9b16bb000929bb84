// Copies the address at which any player plays the open set as an endless mix.
import { actsIn } from "../../../page/parts/acts.js";
import { copyText } from "../../../page/parts/copy.js";

/** @param {Page.App} app */
export function frame(app) {
  const copy = async () => {
    const list = app.set?.list();
    if (!list) return;
    const { radio } = await app.server.ask("POST", `lists/${list.id}/mixed/address`, {});
    await copyText(app, radio, "Address copied: open it in any player");
  };
  const isOpen = () => Boolean(app.set?.list());
  app.acts.add([actsIn("The set", app.tried)("set-address", "Copy the address", "", isOpen, copy)]);
}
