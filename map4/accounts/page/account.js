// The user's own account: rights, password and stored data.
import { formInDialog } from "../../page/parts/dialog.js";
import { html, resource } from "../../page/parts/html.js";
import { counted, when } from "../../page/parts/wording.js";
import { NEW_PASSWORD } from "./first_account.js";

/**
 * @param {Page.Server} server @param {Served.Account} account @param {(what: string) => void} say
 */
export function ownAccount(server, account, say) {
  const { scopes } = /** @type {Served.Me} */ (server.me),
    { name, role, created_at: since, has_password: isOwn } = account;
  const View = () => html`
      <h1 tabindex="-1" dir="auto">${name}</h1>
      <p>You are ${role === "admin" ? "an" : "a"} ${role} here, since ${when(since)}. You may:</p>
      <ul class="may">
        ${server.inWords(scopes).map(([scope, words]) => html`<li key=${scope}>${words}</li>`)}
      </ul>
      ${
        isOwn
          ? html`<p><button onclick=${change}>Change my password</button></p>`
          : html`<p class="small">
            You have no password: the proxy in front of this server logs you in.
          </p>`
      }
    `;
  return View;

  async function change() {
    const autocomplete = "current-password";
    const isDone = await formInDialog("Change my password", {
      text:
        "You stay logged in here and are logged out everywhere else. Devices and tokens keep " +
        "working.",
      fields: [
        { name: "username", label: "Name", type: "hidden", value: name, autocomplete: "username" },
        { name: "current", label: "Current password", type: "password", autocomplete },
        NEW_PASSWORD,
      ],
      submit: "Change password",
      done: ({ password, current }) =>
        server.ask("PUT", "users/me/password", { password, current }),
    });
    if (isDone) say("Password changed. You are logged out everywhere else.");
  }
}

// Loaded when opened: it may be large.
/** @param {Page.Server} server */
export function storedData(server) {
  const stored = /** @type {Page.Resource<Record<string, unknown>>} */ (resource());
  const opened = (/** @type {{ currentTarget: HTMLDetailsElement }} */ { currentTarget }) => {
    if (currentTarget.open && !stored.value) stored.ask(server.get("users/me/export"));
  };
  const Stored = () => {
    const { value, error, isAsking } = stored;
    if (error) return html`${error.message}`;
    if (!value) return isAsking && html`Loading…`;
    const data = new Blob([JSON.stringify(value, null, 1)], { type: "application/json" });
    return html`
      <${Counts} record=${value} />
      <p>
        <a href=${URL.createObjectURL(data)} download="map4-kept-of-me.json">Download all</a> (JSON)
      </p>
      <p class="small">
        An admin erases it with your account. Corrections you made for everybody stay, without your
        name.
      </p>
    `;
  };
  const View = () => html`
      <h2>My data</h2>
      <details ontoggle=${opened}>
        <summary>Show my data</summary>
        <div aria-live="polite"><${Stored} /></div>
      </details>
    `;
  return View;
}

// The number of items in each list of a record, and its numbers.
/** @param {{ record: Record<string, unknown> }} about */
export const Counts = ({ record }) => html`<dl>
  ${Object.entries(record)
    .map(([name, value]) => ({ name, count: Array.isArray(value) ? value.length : value }))
    .filter(({ name, count }) => name !== "id" && typeof count === "number")
    .map(
      ({ name, count }) => html`<div key=${name}>
        <dt>${name.replaceAll("_", " ")}</dt>
        <dd>${counted(Number(count))}</dd>
      </div>`,
    )}
</dl>`;
