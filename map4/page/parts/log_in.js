// Log-in forms.
import { dom } from "./element.js";
import { formInDialog } from "./dialog.js";
import { formOf } from "./form.js";

/** @type {Page.Field[]} */
const FIELDS = [
  { name: "username", label: "Name", autocomplete: "username" },
  { name: "password", label: "Password", type: "password", autocomplete: "current-password" },
];

/** @param {Page.Server} server @param {() => void} done */
export function logIn(server, done) {
  return dom`<section class="narrow">
    <h1 tabindex="-1">Log in</h1>
    ${formOf({
      fields: FIELDS,
      submit: "Log in",
      done: async ({ username, password }) => {
        await server.logIn(username, password);
        done();
      },
    })}
    <p class="small">
      No account or password? Ask the server's admin, who can add one on this page or
      with${" "}<code>map4 users add NAME</code>.
    </p>
  </section>`;
}

// Logs in again within a session; a different user reloads the page.
/** @param {Page.Server} server */
export async function logInAgain(server) {
  const before = server.me?.account,
    [name, password] = FIELDS;
  const isDone = await formInDialog(
    "Log in again",
    {
      fields: [{ ...name, value: before?.name }, password],
      submit: "Log in",
      done: async ({ username, password: typed }) => {
        await server.logIn(username, typed);
      },
    },
    dom`<p>Your session has ended. Your input is kept.</p>`,
  );
  if (isDone && server.me?.account?.id !== before?.id) location.reload();
  return isDone;
}
