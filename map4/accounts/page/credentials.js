// Credentials: device passwords, program tokens and logged-in sessions.
import { buttonOf } from "../../page/parts/components.js";
import { html, resource } from "../../page/parts/html.js";
import { formInDialog } from "../../page/parts/dialog.js";
import { ToCopy } from "./secret.js";
import { dotted, when } from "../../page/parts/wording.js";

const DAYS = /** @type {[string, string][]} */ ([
  ["30", "in 30 days"],
  ["90", "in 90 days"],
  ["365", "in a year"],
  ["", "never"],
]);
const OF_DEVICES =
    "Each phone or player (Symfonium, play:Sub, Feishin…) gets its own password, which works " +
    "only for that player.",
  OF_TOKENS = "For scripts and programs. Each token has only the rights you tick.";
const LOGINS = ["session", "login"],
  LOCAL = ["localhost", "127.0.0.1", "[::1]"];

/** @param {Page.You} you @param {Served.Account} account */
export function credentials({ server, say, settled }, account) {
  const answer = /** @type {Page.Resource<{ tokens: Served.Token[] }>} */ (resource()),
    refresh = () => answer.need(server.get(`tokens?user=${account.id}`));
  // Reads the credentials again after a change in a dialog.
  /** @param {string} part  a class @param {Parameters<typeof formInDialog>} about */
  const changed = async (part, ...about) => {
    if (await formInDialog(...about))
      await settled(refresh(), `.${part} h2`).catch((error) => say(error.message));
  };
  const make = async (/** @type {object} */ wanted) =>
    secretOf(await server.ask("POST", "tokens", { ...wanted, user: account.id }));

  const addDevice = () =>
    changed("devices", "Add device", {
      fields: [{ name: "name", label: "Name", hint: "Example: Ann's phone" }],
      submit: "Create password",
      done: (typed) => make({ ...typed, kind: "device" }),
    });
  const addToken = () =>
    changed("tokens", "Create token", {
      fields: [
        { name: "name", label: "Name", hint: "Example: backup script" },
        {
          name: "scopes",
          label: "Rights",
          type: "checks",
          chosen: ["read"],
          choices: server.inWords(account.scopes),
        },
        { name: "days", label: "Expires", type: "select", value: "90", choices: DAYS },
      ],
      submit: "Create token",
      done: async (typed) => {
        if (!typed.scopes.length) throw new Error("Tick at least one right.");
        return make({ ...typed, kind: "token", days: Number(typed.days) || null });
      },
    });
  /** @param {Served.Token} one */
  const rotate = ({ id, name }) =>
    changed("tokens", `New secret for ${name}`, {
      text: "The old secret stops working immediately.",
      submit: "Create new secret",
      done: async () => secretOf(await server.ask("POST", `tokens/${id}/rotate`)),
    });
  // The only time that the secret is shown.
  /** @param {Served.IssuedToken} issued */
  const secretOf = ({ kind, secret, scopes }) =>
    html`<div class="copied">
      ${
        kind === "token"
          ? html`<${ToCopy} name="Token" value=${secret} />
            <p>
              It is shown only once. Programs send it as <code>Authorization: Bearer TOKEN</code>
              ${scopes.includes("subsonic") && "; players that accept an API key accept it too"}.
            </p>`
          : html`<${ToCopy} name="Server" value=${new URL(".", location.href).href} />
            <${ToCopy} name="User" value=${account.name} />
            <${ToCopy} name="Password" value=${secret} />
            <p>
              Enter these in the player as a Subsonic or OpenSubsonic server. The password is shown
              only once.
            </p>
            ${
              LOCAL.includes(location.hostname) &&
              html`<p>On another device, replace localhost by this computer's address.</p>`
            }`
      }
    </div>`;
  /** @param {Served.Token} one */
  function remove({ id, name, kind }) {
    const isSession = LOGINS.includes(kind),
      word = isSession ? "Log out" : "Remove",
      text = isSession
        ? "That browser or program must log in again."
        : "It stops working immediately.";
    return changed(isSession ? "sessions" : `${kind}s`, `${word} ${name}?`, {
      text,
      submit: word,
      isGrave: true,
      done: async () => {
        await server.ask("DELETE", `tokens/${id}`);
        say(`${name} has lost access.`);
      },
    });
  }
  /** @param {{ one: Served.Token }} about */
  function Row({ one }) {
    const isHere = one.id === server.me?.credential,
      isToken = one.kind === "token",
      isSession = LOGINS.includes(one.kind),
      word = isSession ? "Log out" : "Remove",
      may = server.inWords(one.scopes).map(([, words]) => words);
    const facts = [
      `created ${when(one.created_at)}`,
      one.last_used_at ? `last used ${when(one.last_used_at)}` : "never used",
      one.expires_at ? `expires ${when(one.expires_at)}` : isSession ? null : "never expires",
    ];
    return html`<li>
      <div>
        <b dir="auto">${one.name}</b>${isHere && " · this session"}
        ${isToken && html`<small>may ${may.join("; ")}</small>`}
        <small>${dotted(...facts)}</small>
      </div>
      ${isToken && buttonOf("New secret", `New secret for ${one.name}`, () => rotate(one))}
      ${!isHere && buttonOf(word, `${word} ${one.name}`, () => remove(one))}
    </li>`;
  }
  /** @param {{ kinds: string[] }} about */
  function Rows({ kinds }) {
    const rows = answer.value?.tokens.filter(({ kind }) => kinds.includes(kind)) ?? [];
    return html`<ul class="rows">
      ${rows.map((one) => html`<${Row} key=${one.id} one=${one} />`)}
      ${!rows.length && html`<li class="unknown">None.</li>`}
    </ul>`;
  }
  /** @param {string} title @param {string[]} of @param {string} about @param {Page.Child} [act] */
  const part = (title, of, about, act) => html`<section class=${title.toLowerCase()}>
    <h2 tabindex="-1">${title}</h2>
    <p>${about}</p>
    ${act}
    <${Rows} kinds=${of} />
  </section>`;
  const View = () => [
    part("Devices", ["device"], OF_DEVICES, html`<button onclick=${addDevice}>Add device</button>`),
    part("Tokens", ["token"], OF_TOKENS, html`<button onclick=${addToken}>Create token</button>`),
    part("Sessions", LOGINS, "Browsers and programs logged in with your password."),
  ];
  return { View, refresh };
}
