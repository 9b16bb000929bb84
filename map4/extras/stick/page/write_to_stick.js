// Writes the open list to a stick of the server's machine.
import { actsIn } from "../../../page/parts/acts.js";
import { formInDialog } from "../../../page/parts/dialog.js";
import { resource } from "../../../page/parts/html.js";
import { tracksOf } from "../../../page/parts/wording.js";

/** @type {Record<string, Page.JobWords>} */
export const jobs = {
  stick: {
    title: "Writing to a stick",
    about: ({ options }) => options?.to ?? "",
    summary: ({ stick, copied }) =>
      `${tracksOf(copied)} copied to ${stick}, and read back; it can be pulled`,
  },
};

/** @param {Page.App} app */
export function frame(app) {
  const answer = /** @type {Page.Resource<Served.Sticks>} */ (resource()),
    load = () => answer.ask(app.server.get("sticks"));
  load();
  app.changes.on("reset online", load);
  const isOpen = () => Boolean(answer.value?.sticks.length && app.set.list());
  const pair = (/** @type {string} */ text) => /** @type {[string, string]} */ ([text, text]);
  const write = () => {
    const { sticks, players } = answer.value ?? { sticks: [], players: [] };
    return formInDialog("Write to a stick", {
      submit: "Write to the stick",
      fields: [
        { name: "to", label: "Stick", type: "select", choices: sticks.map(pair) },
        { name: "player", label: "Oldest player", type: "select", choices: players.map(pair) },
      ],
      done: async (chosen) => {
        await app.jobs.ask("sticks", { playlist: app.set.list()?.id, ...chosen });
        app.say("map4 is writing. Jobs show when the stick can be pulled.");
      },
    });
  };
  app.acts.add([actsIn("The set", app.tried)("set-stick", "Write to a stick…", "", isOpen, write)]);
}
