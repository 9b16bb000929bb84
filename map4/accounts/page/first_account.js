// Creates the first account while there are none.
import { Form } from "../../page/parts/form.js";
import { html } from "../../page/parts/html.js";

export const NEW_PASSWORD = /** @type {const} */ ({
  name: "password",
  label: "New password",
  type: "password",
  autocomplete: "new-password",
  least: 8,
  hint: "At least 8 characters. Several words make a good password.",
});

/** @param {{ server: Page.Server, done: () => void }} about */
export function FirstAccount({ server, done }) {
  /** @type {Page.Field[]} */
  const fields = [
    { name: "name", label: "Your name", autocomplete: "username" },
    NEW_PASSWORD,
    {
      name: "take_local",
      label: "Take over the existing ratings, stars and lists",
      type: "check",
      value: "yes",
    },
  ];
  return html`<section class="narrow">
    <h1 tabindex="-1">No accounts yet</h1>
    <p>
      Only this computer can open this page, with all rights. With accounts, other people and
      devices can open it too. Each account has its own ratings, stars and lists, and the rights
      you give it.
    </p>
    <h2>Create the first account</h2>
    <p>
      The first account is an admin and creates the others. After that everybody must log in, on
      this computer too.
    </p>
    <${Form}
      fields=${fields}
      submit="Create account"
      done=${async (/** @type {Page.Values} */ { name, password, take_local }) => {
        await server.ask("POST", "users", { name, password, role: "admin", take_local });
        await server.logIn(name, password);
        done();
      }}
    />
    <p class="small">In a terminal: <code>map4 accounts add NAME --take-local</code></p>
  </section>`;
}
