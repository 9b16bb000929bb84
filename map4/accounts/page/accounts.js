// For admins: all accounts, and the log of changes.
import { batch, html, resource, signal } from "../../page/parts/html.js";
import { formInDialog } from "../../page/parts/dialog.js";
import { dotted, when } from "../../page/parts/wording.js";
import { Counts } from "./account.js";
import { NEW_PASSWORD } from "./first_account.js";

/** @param {Page.You} you */
export function accountList({ server, say, settled }) {
  const answer = /** @type {Page.Resource<{ accounts: Served.Account[] }>} */ (resource()),
    refresh = () => answer.need(server.get("users"));
  // Reports a change in a dialog, and reads the accounts again.
  /** @param {string} message @param {Parameters<typeof formInDialog>} about */
  const changed = async (message, ...about) => {
    if (!(await formInDialog(...about))) return;
    say(message);
    await settled(refresh()).catch((error) => say(error.message));
  };
  /** @param {string} value @returns {Page.Field} */
  const roles = (value) => ({
    name: "role",
    label: "Role",
    type: "select",
    value,
    choices: Object.entries(server.me?.role_words ?? {}).map(([role, can]) => [
      role,
      `${role}: ${can}`,
    ]),
  });
  const add = () =>
    changed(
      "Account added. Pass on its name and password; the password can be changed on this page.",
      "Add account",
      {
        fields: [{ name: "name", label: "Name", autocomplete: "off" }, roles("user"), NEW_PASSWORD],
        submit: "Add",
        done: (typed) => server.ask("POST", "users", typed),
      },
    );
  /** @param {Served.Account} one */
  const change = ({ id, name, role }) =>
    changed(`The role of ${name} has changed.`, `Role of ${name}`, {
      fields: [roles(role)],
      submit: "Change role",
      done: (typed) => server.ask("PATCH", `users/${id}`, typed),
    });
  /** @param {Served.Account} one */
  const setPassword = ({ id, name }) =>
    changed(`${name} has a new password.`, `New password for ${name}`, {
      text: "This logs them out everywhere.",
      fields: [
        { name: "name", label: "Name", type: "hidden", value: name, autocomplete: "username" },
        NEW_PASSWORD,
      ],
      submit: "Set password",
      done: ({ password }) => server.ask("PUT", `users/${id}/password`, { password }),
    });
  /** @param {Served.Account} one */
  const remove = ({ id, name }) =>
    changed(`${name} has been removed.`, `Remove ${name}?`, {
      text: html`
        <p>Erased for good: ratings, stars, private lists, jobs, tokens, devices and the name.</p>
        <p>Kept without the name: shared lists, exports and corrections made for everybody.</p>
      `,
      submit: "Remove",
      isGrave: true,
      done: async () => {
        const erased = await server.ask("DELETE", `users/${id}`);
        return html`<div>
          <p>Erased, or kept without a name:</p>
          <${Counts} record=${erased} />
        </div>`;
      },
    });
  /** @param {{ one: Served.Account }} about */
  function Row({ one }) {
    const { id, name, role, created_at: since, last_used_at: last, has_password: hasOwn } = one,
      isMe = id === server.me?.account?.id,
      facts = [
        `since ${when(since)}`,
        isMe ? null : last ? `last here ${when(last)}` : "was never here",
        hasOwn ? null : "no password",
      ];
    const button = (/** @type {string} */ text, /** @type {(one: Served.Account) => void} */ run) =>
      html`<button aria-label=${`${text}: ${name}`} onclick=${() => run(one)}>${text}</button>`;
    return html`<li>
      <div>
        <b dir="auto">${name}</b> · ${role}${isMe && " · you"}
        <small>${dotted(...facts)}</small>
      </div>
      ${
        !isMe &&
        html`<a href=${`#${id}`} aria-label=${`Devices and tokens: ${name}`}>Devices and tokens</a>`
      }
      ${button("Role", change)} ${!isMe && button("New password", setPassword)}
      ${!isMe && button("Remove", remove)}
    </li>`;
  }
  const View = () => html`
      <h1 tabindex="-1">Accounts</h1>
      <p><button onclick=${add}>Add account</button></p>
      <ul class="rows">
        ${answer.value?.accounts.map((one) => html`<${Row} key=${one.id} one=${one} />`)}
      </ul>
    `;
  return { View, refresh };
}

/** @param {Page.You} you */
export function auditLog({ server, say, settled }) {
  const entries = signal(/** @type {Served.AuditEntry[]} */ ([])),
    next = signal(/** @type {number | null} */ (null)),
    names = /** @type {Map<number | null, string>} */ (new Map()),
    of = (/** @type {number | null} */ id) =>
      id ? (names.get(id) ?? `account ${id}`) : id === 0 ? "local user" : "somebody";
  async function refresh() {
    if (next.value === null)
      for (const { id, name } of (await server.get("users")).accounts) names.set(id, name);
    const count = entries.value.length,
      page = await server.get(next.value === null ? "audit" : `audit?after=${next.value}`);
    batch(() => {
      entries.value = [...entries.value, ...page.entries];
      next.value = page.next;
    });
    await settled(Promise.resolve());
    // For reading on, even when the button has gone.
    if (count)
      /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".you li"))[count]?.focus();
  }
  /** @param {{ entry: Served.AuditEntry }} about */
  function Row({ entry: { at, account, action, subject, detail } }) {
    const isOwn = subject === null || subject === String(account),
      isNumber = /^\d+$/.test(subject ?? ""),
      about = isOwn ? "" : isNumber ? of(Number(subject)) : String(detail.name ?? subject);
    const rest = Object.entries(detail)
      .filter(([name, value]) => name !== "name" && value !== account)
      .map(([name, value]) =>
        name === "account" ? `of ${of(Number(value))}` : `${name.replaceAll("_", " ")} ${value}`,
      )
      .join(", ");
    return html`<li tabindex="-1">
      <div>
        <b dir="auto">${of(account)}</b>: ${action.replaceAll("-", " ")} <bdi>${about}</bdi>
        <small>${when(at)}${rest && ` · ${rest}`}</small>
      </div>
    </li>`;
  }
  const earlier = () => refresh().catch((error) => say(error.message));
  const View = () => html`
      <h1 tabindex="-1">Log</h1>
      <p>Changes to accounts and to the shared library, newest first.</p>
      <ol class="rows">
        ${entries.value.map((entry) => html`<${Row} key=${entry.number} entry=${entry} />`)}
      </ol>
      <p>${next.value !== null && html`<button onclick=${earlier}>Earlier</button>`}</p>
    `;
  return { View, refresh };
}
