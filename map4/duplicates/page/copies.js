// Duplicates: groups side by side. One file is kept; the others move away and can be put back.
import { FileName, State, Strip } from "../../page/parts/components.js";
import { drawn, html, resource } from "../../page/parts/html.js";
import { planned } from "../../page/parts/plan.js";
import { stripsOf } from "../../page/parts/strips.js";
import { ago, counted, dotted, fileOf, folderOf } from "../../page/parts/wording.js";
import { place } from "../../page/source/server.js";
/**
 * @typedef {{ groups: Served.DuplicateGroupPart[], moved: Served.MovedAway[],
 *   strips: Map<string, { strip: string | null, row: Page.Id }> }} FoundCopies
 */

/** @type {Record<string, string>} */
const KINDS = {
  same_file: "the same file",
  same_audio: "the same audio",
  same_recording: "the same recording",
};
const AT_ONCE = 40;

/** @param {number} bytes */
const megabytes = (bytes) => `${counted(Math.max(0.1, Math.round(bytes / 1e5) / 10))} MB`;

/** @param {number} count */
const copiesOf = (count) => `${counted(count)} ${count === 1 ? "copy" : "copies"}`;

/** @param {Page.App} app @param {boolean} mayMove @returns {Promise<FoundCopies>} */
async function load({ server, source }, mayMove) {
  const [{ groups }, { quarantines: moved }] = await Promise.all([
    server.get("duplicates"),
    mayMove ? server.get("duplicates/journals") : { quarantines: [] },
  ]);
  const members = groups.slice(0, AT_ONCE).flatMap((group) => group.members);
  const ids = members.flatMap((copy) => copy.audio_id ?? []);
  return { groups, moved, strips: await stripsOf(source, ids) };
}

/** @param {Page.App} app @param {() => void} changed @returns {Page.Mending} */
export function mend(app, changed) {
  const mayMove = app.server.may("files"),
    found = /** @type {Page.Resource<FoundCopies>} */ (resource()),
    hear = hearing(app, (one) => found.value?.strips.get(one.audio_id ?? "")?.row ?? null);

  /** @param {object} body @param {string} title */
  async function move(body, title) {
    const job = await planned(app, {
      title,
      kind: "quarantine",
      body,
      submit: (count) => `Move ${counted(count)} away`,
      said: (count) => `${copiesOf(count)} moved away`,
    });
    if (job) changed();
  }
  /** @param {string} journal */
  async function putBack(journal) {
    const job = await planned(app, {
      title: "Put copies back",
      kind: "return",
      body: { journal },
      submit: (count) => `Put ${counted(count)} back`,
      said: (count) => `${copiesOf(count)} put back`,
    });
    if (job) changed();
  }

  function View() {
    const { value } = found;
    if (!value) return html`<${State} kind="loading" text="Comparing recordings…" />`;
    const { groups, moved } = value,
      more = groups.length - AT_ONCE;
    return html`
      <p class="lead">${summaryOf(groups)}</p>
      ${
        groups.length > 0 &&
        mayMove &&
        html`<button class="main" onclick=${() => move({}, "Move all copies away")}>
          Move all copies away…
        </button>`
      }
      <div class="groups">
        ${groups
          .slice(0, AT_ONCE)
          .map((group) => html`<${Card} key=${keyOf(group)} group=${group} />`)}
        ${more > 0 && html`<p class="none">${counted(more)} more follow once these are settled</p>`}
      </div>
      ${moved.length > 0 && html`<div class="heads"><h3>Moved away earlier</h3></div>`}
      <ul class="rows" aria-label="Moved away earlier">
        ${moved.map((one) => html`<${Moved} key=${one.journal} ...${one} />`)}
      </ul>
    `;
  }
  /** @param {{ group: Served.DuplicateGroupPart }} about */
  function Card({ group }) {
    const { kind, certainty, members } = group,
      name = fileOf(members[0].path);
    const moveOthers = (/** @type {{ currentTarget: Element }} */ { currentTarget }) => {
      const chosen = currentTarget.closest("section")?.querySelector("input:checked"),
        { value } = /** @type {HTMLInputElement} */ (chosen);
      move({ files: members.map(({ path }) => path), keep: [value] }, "Move the others away");
    };
    return html`<section class="group" aria-label=${name}>
      <div class="heads">
        <h3>
          ${KINDS[kind] ?? kind.replaceAll("_", " ")}${
            certainty < 0.995 && `, ${Math.round(100 * certainty)} % sure`
          }
        </h3>
        <button
          hidden=${!mayMove}
          aria-label=${`Move the others away: copies of ${name}`}
          onclick=${moveOthers}
        >
          Move the others away…
        </button>
      </div>
      <div class="members">
        ${members.map((copy) => html`<${Member} key=${copy.path} copy=${copy} group=${group} />`)}
      </div>
    </section>`;
  }
  /** @param {{ copy: Served.Member, group: Served.DuplicateGroupPart }} about */
  function Member({ copy, group }) {
    const { path, audio_id: id } = copy,
      known = found.value?.strips.get(id ?? ""),
      isKept = path === group.keep;
    const values = [
      ...copy.remarks,
      copy.size_bytes === null ? "" : megabytes(copy.size_bytes),
      `quality ${copy.quality}`,
      copy.is_upscaled ? "upscaled from a lossy file" : "",
    ];
    return html`<div class="member">
      <${Strip} strip=${known?.strip ?? null} />
      <label>
        <input type="radio" name=${keyOf(group)} value=${path} defaultChecked=${isKept} />
        <span>${isKept ? `Keep (${group.why})` : "Keep"}</span>
      </label>
      <${FileName} path=${path} />
      <span class="values">${dotted(...values)}</span>
      <span class="buttons">
        <button
          class="play"
          aria-label=${`Play ${path}`}
          title="Switches between copies at the same place"
          onclick=${() => app.tried(() => hear(copy, group.members))}
        >
          ▶
        </button>
        <a href=${place(`tracks/${id}`)}>Details</a>
      </span>
    </div>`;
  }
  /** @param {Served.MovedAway} about */
  const Moved = ({ journal, begun_at: at, files, size_bytes: bytes, returned }) => html`<li>
    <div>
      <b>${copiesOf(files)}, ${megabytes(bytes)}</b>
      <small dir="auto">${at && `${ago(at)}, to `}${folderOf(journal)}</small>
    </div>
    ${
      returned >= files
        ? html`<span class="none">put back</span>`
        : html`<button
          aria-label=${`Put back… what was moved ${at ? ago(at) : "away"}`}
          onclick=${() => putBack(journal)}
        >
          Put back…
        </button>`
    }
  </li>`;

  return {
    name: "copies",
    title: "duplicates",
    head: "Duplicates",
    isCheck: true,
    element: drawn("div", {}, View),
    show: () => found.need(load(app, mayMove)),
  };
}

// Plays a copy from where another one is now. Copies may begin at different times: the plan of
// copying a cue point shows by how much. It is at the end: the plan leaves out places before 0.
/** @param {Page.App} app @param {(copy: Served.Member) => Page.Id | null} rowOf */
export function hearing({ player, server }, rowOf) {
  let turn = 0;
  return async function hear(
    /** @type {Served.Member} */ copy,
    /** @type {Served.Member[]} */ members,
  ) {
    const mine = ++turn,
      { row, track } = player,
      now = player.isOn && members.find((one) => rowOf(one) === row)?.audio_id;
    let by = 0;
    if (now && track && now !== copy.audio_id && server.may("correct")) {
      const position_s = track.duration,
        cues = { cues: [{ position_s }], cues_to_copies: true, dry_run: true },
        { changes } = await server
          .ask("PUT", "tracks", { tracks: [now], ...cues })
          .catch(() => ({ changes: [] })); // then at the same time
      if (mine !== turn) return;
      if (row !== player.row) return hear(copy, members);
      /** @type {any} */
      const moved = changes.find(({ audio_id: id }) => id === copy.audio_id)?.new;
      if (moved) by = moved[0].position_s - position_s;
    }
    player.toggleAmong(rowOf(copy), members.map(rowOf), by);
  };
}

/** @param {Served.DuplicateGroupPart} group */
const keyOf = ({ members }) => members[0].path;

/** @param {Served.DuplicateGroupPart[]} groups */
function summaryOf(groups) {
  if (!groups.length) return "No duplicates.";
  const spare = groups.reduce((sum, group) => sum + group.spare_bytes, 0);
  return (
    `${counted(groups.length)} ${groups.length === 1 ? "recording has" : "recordings have"} ` +
    `copies; moving them away frees ${megabytes(spare)}. Nothing is deleted: copies move to a ` +
    "separate folder and can be put back."
  );
}
