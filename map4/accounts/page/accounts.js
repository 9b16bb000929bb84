// For admins: all accounts, and the log of changes.
import { html, nodesOf } from "../../page/parts/html.js";
import { element } from "../../page/parts/element.js";
import { drawnAnew, formInDialog } from "../../page/parts/dialog.js";
import { when } from "../../page/parts/wording.js";
import { Counts } from "./account.js";
import { NEW_PASSWORD } from "./first_account.js";
/** @import { Account, Server } from "../../page/source/server.js" */

export class Accounts {
  /** @param {Server} server @param {(what: string) => void} say */
  constructor(server, say) {
    this.server = server;
    this.say = say;
    this.list = element("ul", { class: "rows" });
    this.head = element("h1", { tabindex: "-1" }, "Accounts");
    this.element = element(
      "section",
      {},
      this.head,
      element(
        "p",
        {},
        element("button", { type: "button", onclick: () => this.add() }, "Add account"),
      ),
      this.list,
    );
  }

  async refresh() {
    /** @type {{ accounts: Account[] }} */
    const { accounts } = await this.server.get("users");
    this.list.replaceChildren(...accounts.map((one) => this.row(one)));
  }

  /** @param {Account} one */
  row(one) {
    const isMe = one.id === this.server.me?.account?.id;
    /** @param {string} text @param {() => void} onclick */
    const button = (text, onclick) =>
      element("button", { type: "button", "aria-label": `${text}: ${one.name}`, onclick }, text);
    return element(
      "li",
      {},
      element(
        "div",
        {},
        element("b", { dir: "auto" }, one.name),
        ` · ${one.role}${isMe ? " · you" : ""}`,
        element(
          "small",
          {},
          [
            `since ${when(one.created_at)}`,
            isMe
              ? null
              : one.last_used_at
                ? `last here ${when(one.last_used_at)}`
                : "was never here",
            one.has_password ? null : "no password",
          ]
            .filter(Boolean)
            .join(" · "),
        ),
      ),
      isMe
        ? null
        : element(
            "a",
            { href: `#${one.id}`, "aria-label": `Devices and tokens: ${one.name}` },
            "Devices and tokens",
          ),
      button("Role", () => this.change(one)),
      isMe ? null : button("New password", () => this.setPassword(one)),
      isMe ? null : button("Remove", () => this.remove(one)),
    );
  }

  /** @param {string} value @returns {import("../../page/parts/form.js").Field} */
  role(value) {
    const words = Object.entries(this.server.me?.role_words ?? {}),
      choices = words.map(
        ([role, can]) => /** @type {[string, string]} */ ([role, `${role}: ${can}`]),
      );
    return { name: "role", label: "Role", type: "select", value, choices };
  }
  async add() {
    const isDone = await formInDialog("Add account", {
      fields: [
        { name: "name", label: "Name", autocomplete: "off" },
        this.role("user"),
        NEW_PASSWORD,
      ],
      submit: "Add",
      done: async (typed) => {
        await this.server.ask("POST", "users", typed);
      },
    });
    await this.settle(
      isDone &&
        "Account added. Pass on its name and password; the password can be changed on this page.",
    );
  }

  /** @param {Account} one */
  async change(one) {
    const isDone = await formInDialog(`Role of ${one.name}`, {
      fields: [this.role(one.role)],
      submit: "Change role",
      done: async (typed) => {
        await this.server.ask("PATCH", `users/${one.id}`, typed);
      },
    });
    await this.settle(isDone && `The role of ${one.name} has changed.`);
  }

  /** @param {Account} one */
  async setPassword(one) {
    const isDone = await formInDialog(
      `New password for ${one.name}`,
      {
        fields: [
          {
            name: "name",
            label: "Name",
            type: "hidden",
            value: one.name,
            autocomplete: "username",
          },
          NEW_PASSWORD,
        ],
        submit: "Set password",
        done: async ({ password }) => {
          await this.server.ask("PUT", `users/${one.id}/password`, { password });
        },
      },
      element("p", {}, "This logs them out everywhere."),
    );
    await this.settle(isDone && `${one.name} has a new password.`);
  }

  /** @param {Account} one */
  async remove(one) {
    const isDone = await formInDialog(
      `Remove ${one.name}?`,
      {
        fields: [],
        submit: "Remove",
        isGrave: true,
        done: async () => {
          const gone = await this.server.ask("DELETE", `users/${one.id}`);
          return element(
            "div",
            {},
            element("p", {}, "Erased, or kept without a name:"),
            ...nodesOf(html`<${Counts} record=${gone} />`),
          );
        },
      },
      element(
        "p",
        {},
        "Erased for good: ratings, stars, private lists, jobs, tokens, devices and the name.",
      ),
      element(
        "p",
        {},
        "Kept without the name: shared lists, exports and corrections made for everybody.",
      ),
    );
    await this.settle(isDone && `${one.name} has been removed.`);
  }

  /** @param {string | false} said */
  async settle(said) {
    if (!said) return;
    this.say(said);
    await drawnAnew(this.element, () => this.refresh(), this.head).catch((error) =>
      this.say(error.message),
    );
  }
}

/**
 * @typedef {{ number: number, at: string, account: number | null, action: string, subject: string
 *   | null, detail: Record<string, unknown> }} Entry
 * @param {Server} server @param {(what: string) => void} say
 */
export function auditLog(server, say) {
  const list = element("ol", { class: "rows" }),
    more = element(
      "button",
      {
        type: "button",
        hidden: true,
        onclick: () => refresh().catch((error) => say(error.message)),
      },
      "Earlier",
    );
  /** @type {Map<number | null, string>} */
  const names = new Map([
    [0, "local user"],
    [null, "somebody"],
  ]);
  /** @type {number | null} */
  let next = null;
  return {
    refresh,
    element: element(
      "section",
      {},
      element("h1", { tabindex: "-1" }, "Log"),
      element("p", {}, "Changes to accounts and to the shared library, newest first."),
      list,
      element("p", {}, more),
    ),
  };

  async function refresh() {
    if (next === null)
      for (const { id, name } of (await server.get("users")).accounts) names.set(id, name);
    /** @type {{ entries: Entry[], next: number | null }} */
    const page = await server.get(next === null ? "audit" : `audit?after=${next}`);
    const isFirst = next === null,
      rows = page.entries.map(row);
    list.append(...rows);
    more.hidden = (next = page.next) === null;
    if (!isFirst) rows[0]?.focus(); // for reading on, even when the button has gone
  }

  /** @param {Entry} entry */
  function row({ at, account, action, subject, detail }) {
    const of = (/** @type {number | null} */ id) => names.get(id) ?? `account ${id}`;
    const about =
      subject === null || subject === String(account)
        ? ""
        : /^\d+$/.test(subject)
          ? of(Number(subject))
          : String(detail.name ?? subject);
    const rest = Object.entries(detail)
      .filter(([name, value]) => name !== "name" && value !== account)
      .map(([name, value]) =>
        name === "account" ? `of ${of(Number(value))}` : `${name.replaceAll("_", " ")} ${value}`,
      )
      .join(", ");
    return element(
      "li",
      { tabindex: "-1" },
      element(
        "div",
        {},
        element("b", { dir: "auto" }, of(account)),
        `: ${action.replaceAll("-", " ")} `,
        element("bdi", {}, about),
        element("small", {}, when(at), rest ? ` · ${rest}` : ""),
      ),
    );
  }
}
