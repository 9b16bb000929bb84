// Credentials: device passwords, program tokens and logged-in sessions.
import { element } from "../../page/parts/element.js";
import { drawnAnew, formInDialog } from "../../page/parts/dialog.js";
import { toCopy } from "./secret.js";
import { when } from "../../page/parts/wording.js";
/** @import { Account, Credential, Issued, Server } from "../../page/source/server.js" */

const DAYS = /** @type {[string, string][]} */ ([
  ["30", "in 30 days"],
  ["90", "in 90 days"],
  ["365", "in a year"],
  ["", "never"],
]);

export class Credentials {
  /** @param {Server} server @param {Account} account @param {(what: string) => void} say */
  constructor(server, account, say) {
    this.server = server;
    this.account = account;
    this.say = say;
    /** @param {string} title @param {string} about @param {HTMLElement | null} button */
    const part = (title, about, button = null) => {
      const list = element("ul", { class: "rows" }),
        head = element("h2", { tabindex: "-1" }, title);
      return {
        head,
        list,
        element: element("section", {}, head, element("p", {}, about), button, list),
      };
    };
    /** @param {string} text @param {() => void} onclick */
    const button = (text, onclick) => element("button", { type: "button", onclick }, text);
    this.devices = part(
      "Devices",
      "Each phone or player (Symfonium, play:Sub, Feishin…) gets its own password, which works " +
        "only for that player.",
      button("Add device", () => this.addDevice()),
    );
    this.tokens = part(
      "Tokens",
      "For scripts and programs. Each token has only the rights you tick.",
      button("Create token", () => this.addToken()),
    );
    this.places = part("Sessions", "Browsers and programs logged in with your password.");
    this.element = element(
      "div",
      {},
      this.devices.element,
      this.tokens.element,
      this.places.element,
    );
  }

  async refresh() {
    /** @type {{ tokens: Credential[] }} */
    const { tokens } = await this.server.get(`tokens?user=${this.account.id}`);
    const fill = (/** @type {HTMLElement} */ list, /** @type {string[]} */ kinds) => {
      const rows = tokens.filter(({ kind }) => kinds.includes(kind)).map((one) => this.row(one));
      list.replaceChildren(
        ...(rows.length ? rows : [element("li", { class: "unknown" }, "None.")]),
      );
    };
    fill(this.devices.list, ["device"]);
    fill(this.tokens.list, ["token"]);
    fill(this.places.list, ["session", "login"]);
  }

  /** @param {Credential} one */
  row(one) {
    const isHere = one.id === this.server.me?.credential,
      isPlace = one.kind === "session" || one.kind === "login";
    const facts = [
      `created ${when(one.created_at)}`,
      one.last_used_at ? `last used ${when(one.last_used_at)}` : "never used",
      one.expires_at ? `expires ${when(one.expires_at)}` : isPlace ? null : "never expires",
    ];
    return element(
      "li",
      {},
      element(
        "div",
        {},
        element("b", { dir: "auto" }, one.name),
        isHere ? " · this session" : null,
        one.kind === "token"
          ? element(
              "small",
              {},
              `may ${this.server
                .inWords(one.scopes)
                .map(([, words]) => words)
                .join("; ")}`,
            )
          : null,
        element("small", {}, facts.filter(Boolean).join(" · ")),
      ),
      one.kind === "token"
        ? element(
            "button",
            {
              type: "button",
              "aria-label": `New secret for ${one.name}`,
              onclick: () => this.rotate(one),
            },
            "New secret",
          )
        : null,
      isHere
        ? null
        : element(
            "button",
            {
              type: "button",
              "aria-label": `${isPlace ? "Log out" : "Remove"} ${one.name}`,
              onclick: () => this.remove(one),
            },
            isPlace ? "Log out" : "Remove",
          ),
    );
  }

  async addDevice() {
    const isDone = await formInDialog("Add device", {
      fields: [{ name: "name", label: "Name", hint: "Example: Ann's phone" }],
      submit: "Create password",
      done: (typed) => this.make({ ...typed, kind: "device" }),
    });
    this.settle(isDone, this.devices);
  }

  async addToken() {
    const { scopes } = this.account;
    const isDone = await formInDialog("Create token", {
      fields: [
        { name: "name", label: "Name", hint: "Example: backup script" },
        {
          name: "scopes",
          label: "Rights",
          type: "checks",
          chosen: ["read"],
          choices: this.server.inWords(scopes),
        },
        { name: "days", label: "Expires", type: "select", value: "90", choices: DAYS },
      ],
      submit: "Create token",
      done: async (typed) => {
        if (!typed.scopes.length) throw new Error("Tick at least one right.");
        return this.make({ ...typed, kind: "token", days: Number(typed.days) || null });
      },
    });
    this.settle(isDone, this.tokens);
  }

  /** @param {object} wanted */
  async make(wanted) {
    return this.shown(
      await this.server.ask("POST", "tokens", { ...wanted, user: this.account.id }),
    );
  }

  /** @param {Credential} one */
  async rotate(one) {
    const isDone = await formInDialog(
      `New secret for ${one.name}`,
      {
        fields: [],
        submit: "Create new secret",
        done: async () => this.shown(await this.server.ask("POST", `tokens/${one.id}/rotate`)),
      },
      element("p", {}, "The old secret stops working immediately."),
    );
    this.settle(isDone, this.tokens);
  }

  // The only time that the secret is shown.
  /** @param {Issued} issued */
  shown({ kind, secret, scopes }) {
    const address = new URL(".", location.href).href,
      isHere = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
    return kind === "token"
      ? element(
          "div",
          {},
          toCopy([["Token", secret]]),
          element(
            "p",
            {},
            "It is shown only once. Programs send it as ",
            element("code", {}, "Authorization: Bearer TOKEN"),
            scopes.includes("subsonic") ? "; players that accept an API key accept it too." : ".",
          ),
        )
      : element(
          "div",
          {},
          toCopy([
            ["Server", address],
            ["User", this.account.name],
            ["Password", secret],
          ]),
          element(
            "p",
            {},
            "Enter these in the player as a Subsonic or OpenSubsonic server. The password is " +
              "shown only once.",
          ),
          isHere
            ? element("p", {}, "On another device, replace localhost by this computer's address.")
            : null,
        );
  }

  /** @param {Credential} one */
  async remove(one) {
    const part =
      one.kind === "device" ? this.devices : one.kind === "token" ? this.tokens : this.places;
    const isDone = await formInDialog(
      `${part === this.places ? "Log out" : "Remove"} ${one.name}?`,
      {
        fields: [],
        submit: part === this.places ? "Log out" : "Remove",
        isGrave: true,
        done: async () => {
          await this.server.ask("DELETE", `tokens/${one.id}`);
        },
      },
      element(
        "p",
        {},
        part === this.places
          ? "That browser or program must log in again."
          : "It stops working immediately.",
      ),
    );
    if (isDone) this.say(`${one.name} has lost access.`);
    await this.settle(isDone, part);
  }

  /** @param {boolean} isDone @param {{ head: HTMLElement }} part */
  async settle(isDone, { head }) {
    if (isDone)
      await drawnAnew(this.element, () => this.refresh(), head).catch((error) =>
        this.say(error.message),
      );
  }
}
