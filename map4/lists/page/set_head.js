// The head of a set: name, length, ratings and actions.
import { actsIn } from "../../page/parts/acts.js";
import { buttonOf, Icon, SignButton, Typed } from "../../page/parts/components.js";
import { copyText } from "../../page/parts/copy.js";
import { formInDialog } from "../../page/parts/dialog.js";
import { exportDialog } from "../../page/parts/export_dialog.js";
import { html, signal } from "../../page/parts/html.js";
import { Counts } from "../../page/parts/joint.js";
import { createList } from "../../page/parts/new_list.js";
import { UNCOUNTED } from "../../page/parts/live_counts.js";
import { Closing, openDialog, openMenu } from "../../page/parts/pop.js";
import { SIGN, saveLive, makeNormal } from "../../page/parts/live_list.js";
import { TrackMarks } from "../../page/parts/track_marks.js";
import { ratingsOf } from "../../page/parts/set_list.js";
import { mixedOf } from "../../page/parts/set_clock.js";
import { place } from "../../page/source/server.js";
import { clock, counted, dotted, tracksOf, when } from "../../page/parts/wording.js";

const ACTS = "new describe mark versions live stand copy command address stick print delete"
  .split(" ")
  .map((name) => `set-${name}`);
const MOST_LISTS = 10;

/**
 * @param {Page.App} app @param {Page.SetInWork} set
 * @param {(() => Page.Child)[]} acts  behind the figures
 */
export function setHead(app, set, acts = []) {
  const { server } = app,
    requests = signal(0), // for the field of marks
    list = () => /** @type {Page.WholeList} */ (set.list);
  function Head() {
    const { list } = set.shown,
      live = list?.live && `${SIGN} ${list.live.query || "every track"}`,
      { description, problem, notes = [] } = list ?? {}; // notes on a new order
    return html`<header class="head-of-set" hidden=${!list}>
      <div class="line"><${Name} /><${Figures} /></div>
      <p class="small about" dir="auto">${dotted(description, live, problem, ...notes)}</p>
      <${TrackMarks}
        ...${{ app, requests: requests.value, mayOwn: server.may("own"), set: set.mark }}
        marks=${list?.marks ?? []}
      />
    </header>`;
  }
  function Name() {
    const { list } = set.shown,
      name = list?.name ?? "";
    return html`<span class="names">
      <${Typed}
        class="name"
        aria-label="Name of the set"
        dir="auto"
        maxlength="200"
        spellcheck=${false}
        value=${name}
        readonly=${!list?.may_edit}
        onchange=${({ currentTarget }) => rename(currentTarget)}
        onkeydown=${({ key, currentTarget }) => {
          if (key === "Escape") currentTarget.value = name;
          if (key === "Escape" || key === "Enter") currentTarget.blur();
        }}
      />
      <${SignButton} sign="down" label="Another set" aria-haspopup="menu" run=${others} />
      <${SignButton}
        sign="more"
        label="More actions for the set"
        aria-haspopup="menu"
        run=${({ currentTarget }) => openMenu(currentTarget, app.acts.menu(ACTS))}
      />
      <a class="whole" aria-label="Full width" title="Full width" href=${place(`lists/${set.id}`)}>
        <${Icon} name="expand" />
      </a>
    </span>`;
  }
  function Figures() {
    const { list, places, preview } = set.shown;
    if (!list) return null;
    const isEmpty = !places.some(({ pick }) => pick);
    // The length excludes planned overlaps, as in lists and exports; "mixed" includes them.
    const length = clock(list.duration_s ?? 0),
      mixed = mixedOf(places),
      mixedLength = mixed === null ? length : clock(mixed);
    return html`<p class="figures-of-set">
        <b>${length}</b>
        ${mixedLength !== length && ` · mixed ${mixedLength}`}${` · ${tracksOf(places.length)}`}
        <${Counts} counts=${ratingsOf(places)} />
        ${preview && html`<em> · not yet stored</em>`}
      </p>
      <${SignButton}
        sign="play"
        label="Play the set"
        title="Play the set as it is mixed"
        hidden=${!places.some(({ row }) => row !== null)}
        disabled=${isEmpty}
        run=${() => app.player.playSet(list)}
      />
      ${acts.map((Act) => html`<${Act} />`)}
      <button disabled=${isEmpty} onclick=${() => app.tried(exports)}>
        Export…
      </button>`;
  }
  /** @param {HTMLInputElement} field */
  async function rename(field) {
    const name = field.value.trim(),
      { list } = set;
    if (!list || !name || name === list.name) {
      field.value = list?.name ?? "";
      return;
    }
    const words = `List renamed to ${name}`;
    if (await set.describe({ name }, { name: list.name }, words)) return;
    field.focus(); // to correct it; otherwise the stored name returns
    field.addEventListener("blur", () => (field.value = list.name), { once: true });
  }
  function describe() {
    const description = list().description ?? null;
    formInDialog("Edit the description", {
      submit: "Save",
      fields: [
        { name: "description", label: "Description", value: description ?? "", isOptional: true },
      ],
      done: ({ description: now }) =>
        set.describe({ description: now || null }, { description }, "Description changed"),
    });
  }
  async function copy() {
    const { list, id } = set,
      name = `${list?.name} copy`;
    await app.tried(async () => {
      await set.open(await createList(app, name, { copy_of: id }));
    }, name);
  }
  function exports() {
    const { name, live, id } = list();
    return exportDialog(app, {
      title: `Export ${name}`,
      name,
      isLive: Boolean(live),
      body: () => ({ playlist: id }),
    });
  }
  /** @param {{ currentTarget: HTMLElement }} event  of a button */
  async function others({ currentTarget: button }) {
    if (button.getAttribute("aria-expanded") === "true") return; // this click has closed its menu
    const { lists } = await server.get(`lists?${UNCOUNTED}`),
      newest = lists.sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1)).slice(0, MOST_LISTS);
    openMenu(button, [
      ...newest.map(({ id, name, tracks, live }) => ({
        title: html`<bdi>${name}</bdi> <small>${live ? SIGN : counted(tracks)}</small>`,
        isCurrent: id === set.id,
        run: () => set.open(id),
      })),
      { title: "+ New set", run: () => app.acts.run("set-new") },
      { title: "All lists", run: () => app.go("lists") },
    ]);
  }

  const isOpen = () => set.list !== null,
    isFree = () => Boolean(set.list?.may_edit),
    isLive = () => isFree() && Boolean(set.list?.live),
    isMade = () => Boolean(set.list?.command),
    mayOwn = () => isOpen() && server.may("own"),
    act = actsIn("The set", app.tried);
  app.acts.add([
    act("set-new", "New set", "g n", null, () => app.tried(() => set.create(), "New set")),
    act("set-describe", "Edit the description", "", isFree, describe),
    act("set-mark", "Mark…", "", mayOwn, () => requests.value++),
    act("set-versions", "Versions", "", isOpen, () => versionsOf(app, set)),
    act("set-live", "Edit the search…", "", isLive, () => saveLive(app, list())),
    act("set-stand", "Turn into a normal list", "", isLive, () => makeNormal(app, list())),
    act("set-copy", "Duplicate", "", mayOwn, copy),
    act("set-command", "Copy as command", "", isMade, () => copyText(app, list().command ?? "")),
    act("set-print", "Print for the booth", "", isOpen, () => {
      app.go(`lists/${set.id}`);
      setTimeout(() => print(), 300);
    }),
    act("set-delete", "Delete the list", "", isFree, () =>
      deleted(app, list(), () => set.open(null)),
    ),
  ]);
  return { Head, others };
}

// Versions of the list. Restoring one adds a version.
/** @param {Page.App} app @param {Page.SetInWork} set */
async function versionsOf({ server }, set) {
  const { id, list } = set,
    { versions } = await server.get(`lists/${id}/versions`);
  const restore = (/** @type {number} */ version, /** @type {string} */ at) => {
    dialog.close();
    set.do({ op: "restore", version }, `List restored to ${when(at)}`);
  };
  const row = (/** @type {(typeof versions)[number]} */ { version, at, by, what, count }) => {
    const who = server.me?.has_accounts ? by?.name : null;
    return html`<li key=${version}>
      <div>
        <b>${what}</b>
        <small>${dotted(`version ${version}`, when(at), who, tracksOf(count))}</small>
      </div>
      ${
        version === list?.version
          ? html`<span class="small">current</span>`
          : buttonOf("Restore", `Restore: ${what}, ${when(at)}`, () => restore(version, at))
      }
    </li>`;
  };
  const dialog = openDialog(
    `Versions of ${list?.name}`,
    { class: "versions" },
    () => html`<ul class="rows">${versions.map(row)}</ul><${Closing} />`,
  );
}

// Deletes a list; undo restores it under its id.
/**
 * @param {Page.App} app @param {{ id: string, name: string }} list
 * @param {() => Promise<void>} done
 */
export function deleted(app, { id, name }, done) {
  const what = `${name} deleted`;
  return app.tried(async () => {
    await app.server.ask("DELETE", `lists/${id}`);
    await done();
    app.say(what, {
      undo: () => app.server.ask("POST", "lists", { name, restore: id }),
      redo: () => app.server.ask("DELETE", `lists/${id}`),
    });
  }, what);
}
