// All stored lists, played histories, and deleted lists that can be restored.
import { SignButton, State, Switch, Trouble } from "../../page/parts/components.js";
import { drawn, holds, html, resource, signal, useEffect, useRef } from "../../page/parts/html.js";
import { formInDialog, settled } from "../../page/parts/dialog.js";
import { LiveCounts, UNCOUNTED } from "../../page/parts/live_counts.js";
import { SIGN, saveLive, makeNormal } from "../../page/parts/live_list.js";
import { Counts } from "../../page/parts/joint.js";
import { openMenu } from "../../page/parts/pop.js";
import { deskOf } from "./set_pane.js";
import { deleted } from "./set_head.js";
import { createList } from "../../page/parts/new_list.js";
import { place } from "../../page/source/server.js";
import { clock, counted, dotted, tracksOf, when } from "../../page/parts/wording.js";

const NO_HISTORY = "No history yet. Import the library of your DJ program with its histories.";
// In the order of their switch: name, title, query, heading of the time, words for none.
const KINDS = /** @type {[string, string, string, string, string][]} */ ([
  ["", "Lists", "", "Changed", "No lists yet."],
  ["played", "Played", "history=true&", "Played", NO_HISTORY],
  ["deleted", "Deleted", "deleted=true&", "Kept until", "No lists deleted in the last 30 days."],
]);
const SHARING = /** @type {[string, string][]} */ ([
  ["private", "only me"],
  ["read", "everybody can see it"],
  ["edit", "everybody can edit it"],
]);

const NEWEST = (/** @type {Served.StoredPlaylist} */ one) =>
  one.played_at ?? one.deleted_at ?? one.updated_at;

/** @param {Page.App} app */
export function listsView(app) {
  const { server } = app,
    { set } = deskOf(app),
    kind = signal(""),
    answer = /** @type {Page.Resource<Served.StoredPlaylist[]>} */ (resource()),
    played = signal(/** @type {HTMLElement[]} */ ([])), // above the played lists
    counts = new LiveCounts(server),
    recounted = signal(/** @type {Map<string, Served.StoredPlaylist>} */ (new Map()));

  const shownKind = () => KINDS.find(([name]) => name === kind.value) ?? KINDS[0];
  async function show() {
    const [, , query] = shownKind(),
      hadFocus = element.contains(document.activeElement);
    played.value = kind.value === "played" ? app.added("played").map((part) => part(app)) : [];
    await answer.ask(
      server
        .get(`lists?${query}${UNCOUNTED}`)
        .then(({ lists }) => lists.sort((a, b) => (NEWEST(a) < NEWEST(b) ? 1 : -1))),
    );
    if (hadFocus) await settled(element, Promise.resolve()); // its row may have gone
  }
  const create = () => app.tried(async () => app.go(`lists/${await set.create()}`), "New set");
  /** @param {string} name @param {{ copy_of?: string, restore?: string }} how */
  const add = (name, how, word = "created") =>
    app.tried(async () => {
      await createList(app, name, how, { word });
      await show();
    }, `${name} ${word}`);
  /** @param {Served.StoredPlaylist} list */
  async function share({ id, name, sharing }) {
    await formInDialog(`Share ${name}`, {
      submit: "Share",
      fields: [
        { name: "sharing", label: "Access", type: "select", value: sharing, choices: SHARING },
      ],
      done: async ({ sharing: how }) => {
        await server.ask("PATCH", `lists/${id}`, { sharing: how });
        app.say(`${name}: ${SHARING.find(([one]) => one === how)?.[1]}`, {
          undo: () => server.ask("PATCH", `lists/${id}`, { sharing }),
        });
      },
    });
    await show();
  }
  /** @param {string} id */
  async function afterDelete(id) {
    if (set.id === id) await set.open(null);
    await show();
  }
  /** @param {Served.StoredPlaylist} list @param {HTMLElement} button */
  function menu(list, button) {
    const { id, name, live, may_edit: mayEdit } = list,
      mayShare = mayEdit && server.me?.has_accounts;
    /** @type {[string, unknown, () => Promise<unknown> | void][]}  title, whether it is there */
    const acts = [
      ["Open in the side panel", true, () => set.open(id)],
      ["Duplicate", server.may("own"), () => add(`${name} copy`, { copy_of: id })],
      ["Edit the search…", mayEdit && live, () => saveLive(app, { ...list, live: live ?? {} })],
      ["Turn into a normal list", mayEdit && live, () => makeNormal(app, list)],
      ["Share…", mayShare, () => share(list)],
      ["Delete", mayEdit, () => deleted(app, list, () => afterDelete(id))],
    ];
    const shown = acts.flatMap(([title, isThere, run]) =>
      isThere ? { title, run: () => app.tried(run) } : [],
    );
    openMenu(button, shown);
  }
  function View() {
    const { value: lists, error } = answer;
    if (error) return html`<${Trouble} error=${error} run=${show} />`;
    if (!lists) return null;
    if (!lists.length) {
      const act = kind.value || !server.may("own") ? null : { title: "New set", run: create };
      return html`<${State} kind="empty" text=${shownKind()[4]} act=${act} />`;
    }
    return html`<table>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col" class="n spare">Tracks</th>
          <th scope="col" class="n spare">Length</th>
          <th scope="col" class="spare">Transitions</th>
          <th scope="col" class="spare">${shownKind()[3]}</th>
          <th scope="col"><span class="visually-hidden">Actions</span></th>
        </tr>
      </thead>
      <tbody>
        ${lists.map((list) => html`<${Row} key=${list.id} list=${list} />`)}
      </tbody>
    </table>`;
  }
  // A list. Counts of live lists load when scrolled into view.
  /** @param {{ list: Served.StoredPlaylist }} props */
  function Row({ list }) {
    const line = useRef(/** @type {HTMLElement | null} */ (null));
    useEffect(() => {
      if (list.counted === false && line.current)
        counts.watch(list.id, line.current, (now) => {
          recounted.value = new Map(recounted.value).set(list.id, now);
        });
    }, [list]);
    const now = list.counted === false ? (recounted.value.get(list.id) ?? list) : list,
      { id, name, tracks, duration_s: lasts } = now,
      isCounted = now.counted !== false,
      about = aboutOf(now, server.me),
      moment = when(now.played_at ?? now.kept_until ?? now.updated_at),
      length = lasts ? clock(lasts) : "–",
      figures = isCounted ? [counted(tracks), length] : ["…", "…"];
    // On narrow screens the columns move below the name.
    const below = dotted(isCounted && tracksOf(tracks), lasts && length);
    const isDeleted = kind.value === "deleted",
      restore = () => add(name, { restore: id }, "restored");
    return html`<tr ref=${line}>
      <th scope="row">
        ${
          isDeleted
            ? html`<bdi>${name}</bdi>`
            : html`<a href=${place(`lists/${id}`)}><bdi>${name}</bdi></a>`
        }
        ${about && html`<small><bdi>${about}</bdi></small>`}
        <div class="spare">${below} <${Counts} counts=${now.ratings} /></div>
        <div class="spare">${moment}</div>
      </th>
      ${figures.map((figure) => html`<td class="n spare">${figure}</td>`)}
      <td class="small spare"><${Counts} counts=${now.ratings} /></td>
      <td class="small spare">${moment}</td>
      <td class="n">
        ${
          isDeleted
            ? html`<button aria-label=${`Restore ${name}`} onclick=${restore}>Restore</button>`
            : html`<${SignButton}
              sign="more"
              label=${`More actions: ${name}`}
              aria-haspopup="menu"
              run=${({ currentTarget }) => menu(list, currentTarget)}
            />`
        }
      </td>
    </tr>`;
  }
  const choose = (/** @type {string} */ which) => {
      kind.value = which;
      answer.set(null);
      show();
    },
    element = drawn("section", { class: "lists" }, () => [
      html`<h1 tabindex="-1">Sets and lists</h1>
        <p class="line">
          <${Switch} label="Which lists" choices=${KINDS} value=${kind.value} choose=${choose} />
          <button class="main" hidden=${!server.may("own")} onclick=${create}>New set</button>
        </p>
        ${played.value.map((one, at) => html`<div key=${at} ref=${holds(one)} />`)}
        <div class="lists-there"><${View} /></div>`,
    ]);
  app.changes.on("lists reset online", () => {
    if (!element.hidden && element.isConnected) show();
  });
  return { element, show };
}

// What is special about a list: its search, problems, owner and sharing.
/** @param {Served.StoredPlaylist} list @param {Served.Me | null} me */
function aboutOf({ live, problem, folder, description, owner, sharing, ...list }, me) {
  const missing = list.tracks - list.present;
  return dotted(
    live && `${SIGN} ${live.query || "every track"}`,
    problem,
    folder,
    description,
    me?.has_accounts && owner.id !== me.account?.id && `by ${owner.name}`,
    me?.has_accounts && sharing !== "private" && SHARING.find(([one]) => one === sharing)?.[1],
    missing > 0 && `${counted(missing)} missing`,
  );
}
