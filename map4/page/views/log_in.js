// Where one says who one is, and, where nobody has an account yet, makes the first one.
import { element } from "../parts/element.js";
import { formInDialog } from "../parts/dialog.js";
import { formOf } from "../parts/form.js";
/** @import { Server } from "../source/server.js" */
/** @import { Field } from "../parts/form.js" */

/** @type {Field[]} */
const FIELDS = [
  { name: "username", label: "Name", autocomplete: "username" },
  { name: "password", label: "Password", type: "password", autocomplete: "current-password" },
];
export const NEW_PASSWORD = /** @type {const} */ ({ name: "password", label: "New password", type: "password", autocomplete: "new-password", least: 8,
  hint: "At least 8 letters; several words are good." });

/** @param {Server} server @param {() => void} done */
export function logIn(server, done) {
  return element("section", { class: "narrow" }, element("h1", { tabindex: "-1" }, "Log in"),
    formOf({ fields: FIELDS, submit: "Log in", done: async ({ username, password }) => { await server.logIn(username, password); done(); } }),
    element("p", { class: "small" }, "No account, or no password? Whoever keeps this server makes one: here, or with ",
      element("code", {}, "map4 users add NAME"), "."));
}

// In the middle of something: whether the same person is back. Another one begins anew.
/** @param {Server} server */
export async function logInAgain(server) {
  const before = server.me?.account, [name, password] = FIELDS;
  const isDone = await formInDialog("Log in again", {
    fields: [{ ...name, value: before?.name }, password], submit: "Log in",
    done: async ({ username, password: typed }) => { await server.logIn(username, typed); },
  }, element("p", {}, "Your session has ended. Nothing that you typed is lost."));
  if (isDone && server.me?.account?.id !== before?.id) location.reload();
  return isDone;
}

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
