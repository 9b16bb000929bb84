// Writes the open list to a stick of the server's machine.
import { actsIn } from "../../../page/parts/acts.js";
import { formInDialog } from "../../../page/parts/dialog.js";
import { resource } from "../../../page/parts/html.js";
import { dotted, megabytes, tracksOf } from "../../../page/parts/wording.js";

/** @param {Record<string, any>} result */
const summary = ({ stick, copied, same, left_out: left, dry_run: isPlan, size_bytes: size }) =>
  dotted(
    copied && isPlan && `${tracksOf(copied)} to copy, ${megabytes(size)}`,
    copied && !isPlan && `${tracksOf(copied)} copied to ${stick}, and read back`,
    same && `${tracksOf(same)} already on ${stick}`,
    left.length && `${tracksOf(left.length)} left out: ${left[0]}`,
    !isPlan && "it can be pulled",
  );
/** @type {Record<string, Page.JobWords>} */
export const jobs = {
  stick: { title: "Writing to a stick", about: ({ options }) => options?.to ?? "", summary },
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
    const begun = async (/** @type {Page.Values} */ chosen) =>
      (await app.jobs.ask("sticks", { playlist: app.set.list()?.id, ...chosen })).id;
    return formInDialog("Write to a stick", {
      submit: "Write to the stick",
      fields: [
        { name: "to", label: "Stick", type: "select", choices: sticks.map(pair) },
        { name: "player", label: "Oldest player", type: "select", choices: players.map(pair) },
      ],
      preview: async (to) => app.jobs.outcome(await begun({ ...to, dry_run: true }), summary),
      done: async (chosen) => {
        const id = await begun(chosen);
        app.say("map4 is writing. Don't pull the stick yet.");
        app.jobs.outcome(id, summary).then(app.say, () => {});
      },
    });
  };
  app.acts.add([actsIn("The set", app.tried)("set-stick", "Write to a stick…", "", isOpen, write)]);
}
