// Where nobody has an account yet: the first one is made here.
import { element } from "../../page/parts/element.js";
import { formOf } from "../../page/parts/form.js";
/** @import { Server } from "../../page/source/server.js" */
/** @import { Field } from "../../page/parts/form.js" */

export const NEW_PASSWORD = /** @type {const} */ ({ name: "password", label: "New password", type: "password", autocomplete: "new-password", least: 8,
  hint: "At least 8 letters; several words are good." });

/** @param {Server} server @param {() => void} done */
export function firstAccount(server, done) {
  /** @type {Field[]} */
  const fields = [{ name: "name", label: "Your name", autocomplete: "username" }, NEW_PASSWORD,
    { name: "take_local", label: "It takes over the ratings, stars and lists that were made here so far", type: "check", value: "yes" }];
  return element("section", { class: "narrow" }, element("h1", { tabindex: "-1" }, "No accounts yet"),
    element("p", {}, "Whoever uses this computer may do everything here, and nobody else reaches it. With accounts other people and devices can: each with ratings, stars and lists of their own, and no more rights than you give."),
    element("h2", {}, "Make the first account"),
    element("p", {}, "It is an admin, who makes the others. From then on everybody has to log in, here too."),
    formOf({ fields, submit: "Make the account", done: async ({ name, password, take_local }) => {
      await server.ask("POST", "users", { name, password, role: "admin", take_local });
      await server.logIn(name, password);
      done();
    } }),
    element("p", { class: "small" }, "In a terminal: ", element("code", {}, "map4 users add NAME --take-local")));
}
