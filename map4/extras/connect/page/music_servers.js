// Connected music servers: mapped and unmapped songs, conflicts and jobs.
import { buttonOf } from "../../../page/parts/components.js";
import { html, resource } from "../../../page/parts/html.js";
import { UNCOUNTED } from "../../../page/parts/live_counts.js";
import { formInDialog } from "../../../page/parts/dialog.js";
import { fieldsOf } from "../../../page/parts/options.js";
import { ago, countOf, counted, dotted } from "../../../page/parts/wording.js";

/** @type {Record<string, string>} */
const BY = {
  path: "by file path",
  tags: "by artist, title and length",
  audio: "by audio",
  fingerprint: "by fingerprint",
};
/** @type {Record<string, [string, boolean]>} */
const PUSHED = {
  made: ["created there", false],
  written: ["updated there", false],
  unchanged: ["unchanged", false],
  "changed-there": ["skipped: it was changed on the server", true],
  "deleted-there": ["skipped: it was deleted on the server", true],
};
const COMMAND = "map4 connect add home https://music.example.org --login NAME";
const SHOWN = 100,
  KINDS = ["map", "pull", "push"];

/** @param {number} count */
const songsOf = (count) => countOf(count, "song");
/**
 * @param {{ id: string, artist: string | null, title: string | null, path?: string | null }} one
 */
const nameOf = ({ id, artist, title, path }) =>
  [artist, title].filter(Boolean).join(" – ") || path || id;
/** @type {Record<string, string>} */
const VALUES = { null: "no rating", true: "a star", false: "no star" };
/** @param {boolean | number | null} value */
const valueText = (value) => VALUES[String(value)] ?? `${value} of 5`;

/** @type {Record<string, [string, string]>} */
const PULLED = {
  stars: ["star", "stars"],
  unstars: ["star removed", "stars removed"],
  ratings: ["rating", "ratings"],
  plays: ["play", "plays"],
  counts: ["play count changed", "play counts changed"],
};
// The result of a server job in words.
/** @param {string} kind @param {Record<string, any>} result */
function resultText(kind, { lists = [], songs = 0, mapped = 0, beside = [], ...counts }) {
  if (kind === "map") return `${counted(mapped)} of ${songsOf(songs)} matched`;
  if (kind === "push") return (Array.isArray(lists) ? lists : []).map(pushed).join(" · ");
  const parts = Object.entries(PULLED).flatMap(([name, words]) =>
    counts[name] ? countOf(counts[name], ...words) : [],
  );
  return [
    ...(parts.length ? parts : ["nothing new"]),
    ...(beside.length ? [`${counted(beside.length)} changed on both sides`] : []),
  ].join(" · ");
}
/** @param {Served.PushedList} one */
function pushed({ list, name, status, songs, left_out: { length: without } }) {
  const [became, isLeft] = PUSHED[status] ?? [status, false];
  return [
    `${list}: ${became}${status === "made" && name !== list ? ` as ${name}` : ""}`,
    isLeft ? null : songsOf(songs),
    without ? `${counted(without)} left out` : null,
  ]
    .filter(Boolean)
    .join(", ");
}

/** @param {Record<string, number>} counts */
const mostFirst = (counts) => Object.entries(counts).sort(([, a], [, b]) => b - a);

/** @param {Page.App} app */
export function work(app) {
  /** @type {Page.Resource<{ connections: Served.ConnectionStatus[] }>} */
  const answer = resource(),
    load = () => answer.need(app.server.get(`connections?songs=${SHOWN}`));
  const tried = (/** @type {() => unknown} */ run) => () => app.tried(run);

  app.changes.on("jobs", ({ what, record }) => {
    const isDone = what === "changed" && KINDS.includes(record?.kind) && record.finished_at;
    if (isDone && answer.value) load().catch(() => {});
  });

  function View() {
    const connections = answer.value?.connections ?? [],
      account = app.server.me?.account?.name;
    return html`<section aria-label="Music servers">
      <div class="heads"><h2 tabindex="-1">Music servers</h2></div>
      <ul class="rows servers">
        ${connections.map((one) => html`<${Row} key=${one.connection.name} ...${one} />`)}
      </ul>
      <p class="none" hidden=${!answer.value}>
        ${
          connections.length
            ? "To connect another,"
            : "No music server yet. map4 can match the songs of Navidrome, gonic, LMS, Ampache " +
              "and others to your tracks, write lists there, and import your stars, ratings and " +
              "plays. To connect one,"
        }${" "}
        run this on the computer with the library; you type the server's password there:${" "}
        <code>${COMMAND}${account && ` --user ${account}`}</code>
      </p>
    </section>`;
  }
  /** @param {Served.ConnectionStatus} state */
  function Row(state) {
    const { connection, songs, mapped, matches, tracks, tracks_mapped: there, lists } = state,
      { name, url, login, server, read_at: read, pulled_at: pulled } = connection,
      by = mostFirst(matches).map(([how, count]) => `${counted(count)} ${BY[how] ?? how}`);
    const facts = [
      [server.type, server.version].filter(Boolean).join(" "),
      login ? `as ${login}` : connection.sign_in === "api-key" && "with an API key",
      read ? `songs read ${ago(read)}` : "songs not fully read yet",
      pulled && `pulled ${ago(pulled)}`,
      lists && `${countOf(lists, "list")} pushed`,
    ];
    /** @param {string} text @param {() => Promise<unknown>} run @param {string} title */
    const button = (text, run, title) =>
      buttonOf(text, `${text.replace("…", "")}: ${name}`, tried(run), { title });
    const map = () => begin("map", { connection: name }),
      pull = () => begin("pull", { connection: name });
    return html`<li>
      <div>
        <b dir="auto">${name}</b> <bdi class="where">${url}</bdi>
        <small>${dotted(...facts)}</small>
        <small>
          ${
            songs
              ? `${counted(mapped)} of ${songsOf(songs)} ` +
                `matched${by.length ? `: ${by.join(", ")}` : ""}. ${counted(there)} of ` +
                `${counted(tracks)} tracks are on the server.`
              : "No songs read yet."
          }
        </small>
      </div>
      ${
        state.is_own
          ? html`<span class="buttons">
            ${button("Map", map, "Read its songs and match them to your tracks")}
            ${button("Push a list…", () => push(name), "Write a list to this server")}
            ${button("Pull", pull, "Import stars, ratings and plays")}
          </span>`
          : html`<small>belongs to another account</small>`
      }
      ${songs > mapped && html`<${Unmapped} ...${state} />`}
      ${state.beside.length > 0 && html`<${OnBothSides} ...${state} />`}
    </li>`;
  }
  /** @param {Served.ConnectionStatus} state */
  function Unmapped({ connection: { name }, songs, mapped, why_not: whyNot, unmapped }) {
    const without = songs - mapped,
      command = `map4 connect status ${name} --songs ${without}`,
      why = mostFirst(whyNot).map(([reason, count]) => `${counted(count)}: ${reason}`);
    return html`<details>
      <summary>${songsOf(without)} without a track</summary>
      <small>${why.join(" · ")}</small>
      <ul>
        ${unmapped.map(
          (one) => html`<li key=${one.id}>
            <bdi>${nameOf(one)}</bdi>${one.album && ` [${one.album}]`} – ${one.why}
          </li>`,
        )}
      </ul>
      ${
        without > unmapped.length &&
        html`<small>
          Only the first ${counted(unmapped.length)}; to list all, run ${command}.
        </small>`
      }
    </details>`;
  }
  /** @param {Served.ConnectionStatus} state */
  const OnBothSides = ({ connection: { name }, beside }) => html`<details>
    <summary>
      Changed on both sides: ${counted(beside.length)}${beside.length === SHOWN && " or more"}
    </summary>
    <small>Your values apply here; the server's are stored too.</small>
    <ul>
      ${beside.map(
        (one) => html`<li key=${`${one.id} ${one.what}`}>
          <bdi>${nameOf(one)}</bdi> – ${valueText(one.ours)} here, ${valueText(one.theirs)} there
        </li>`,
      )}
    </ul>
    ${buttonOf(
      "Use the server's values…",
      `Use the server's values: ${name}`,
      tried(() => useTheirs(name)),
    )}
  </details>`;

  /** @param {"map" | "pull" | "push"} kind @param {object} body */
  async function begin(kind, body) {
    const { id } = await app.jobs.ask(`connections/${kind}`, body);
    app.jobs.outcome(id, (result) => resultText(kind, result)).then(app.say, () => {});
  }
  /** @param {string} name */
  async function useTheirs(name) {
    await formInDialog(`Use the values of ${name}?`, {
      text: "Where both sides changed, the server's stars and ratings replace yours.",
      submit: "Use the server's values",
      isGrave: true,
      done: () => begin("pull", { connection: name, take_theirs: true }),
    });
  }
  /** @param {string} name */
  async function push(name) {
    const { lists } = await app.server.get(`lists?${UNCOUNTED}`);
    if (!lists.length) {
      app.say("There are no lists yet.");
      return;
    }
    await formInDialog(`Push a list to ${name}`, {
      text:
        "The first push creates the list; later pushes update it. Tracks that the server does " +
        "not have are left out. Lists that others made are not changed.",
      fields: [
        {
          name: "list",
          label: "List",
          type: "select",
          choices: lists.map((one) => /** @type {[string, string]} */ ([one.id, one.name])),
        },
        ...(await fieldsOf(app.server, "PushJob", {
          force: "Overwrite changes made on the server",
        })),
      ],
      submit: "Push",
      done: ({ list, force }) => begin("push", { connection: name, lists: [list], force }),
    });
  }

  return { View, load };
}

/** @type {Record<string, Page.JobWords>} */
export const jobs = Object.fromEntries(
  [
    ["map", "Reading songs of a server"],
    ["pull", "Pulling from a server"],
    ["push", "Pushing lists to a server"],
  ].map(([kind, title]) => [
    kind,
    { title, summary: (/** @type {Record<string, any>} */ result) => resultText(kind, result) },
  ]),
);
