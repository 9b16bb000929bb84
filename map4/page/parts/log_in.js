// Log-in forms.
import { formInDialog } from "./dialog.js";
import { Form } from "./form.js";
import { html } from "./html.js";

/** @returns {Page.Field[]} */
const fieldsOf = (value = "") => [
  { name: "username", label: "Name", autocomplete: "username", value },
  { name: "password", label: "Password", type: "password", autocomplete: "current-password" },
];

/** @param {{ server: Page.Server, done: () => void }} about */
export const LogIn = ({ server, done }) => html`<section class="narrow">
  <h1 tabindex="-1">Log in</h1>
  <${Form}
    fields=${fieldsOf()}
    submit="Log in"
    done=${async (/** @type {Page.Values} */ { username, password }) => {
      await server.logIn(username, password);
      done();
    }}
  />
  <p class="small">
    No account or password? Ask the server's admin, who can add one on this page or
    with${" "}<code>map4 accounts add NAME</code>.
  </p>
</section>`;

// Logs in within a session that has ended, or once the server has accounts; a different user
// reloads the page.
/** @param {Page.Server} server */
export async function logInAgain(server) {
  const before = server.me?.account,
    isDone = await formInDialog(before ? "Log in again" : "Log in", {
      text: before
        ? "Your session has ended. Your input is kept."
        : "This server has accounts now.",
      fields: fieldsOf(before?.name),
      submit: "Log in",
      isSudden: true,
      done: ({ username, password }) => server.logIn(username, password),
    });
  if (isDone && server.me?.account?.id !== before?.id) location.reload();
  return isDone;
}
