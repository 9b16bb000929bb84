// Copies the address at which any player plays the open set as an endless mix.
import { actsIn } from "../../../page/parts/acts.js";

/** @param {Page.App} app */
export function frame(app) {
  const copy = async () => {
    const list = app.set?.list();
    if (!list) return;
    /** @type {{ radio: string }} */
    const { radio } = await app.server.ask("POST", `lists/${list.id}/mixed/address`, {});
    try {
      await navigator.clipboard.writeText(radio);
      app.say("Address copied: open it in any player");
    } catch {
      app.say(radio);
    } // browsers refuse this without https
  };
  const isOpen = () => Boolean(app.set?.list());
  app.acts.add([
    actsIn("The set")("set-address", "Copy the address", "", isOpen, () => app.tried(copy)),
  ]);
}
