// Duplicates: groups side by side, each with the file to keep.
import { actsIn } from "../../page/parts/acts.js";
import { FileName, SignButton, State, Strip } from "../../page/parts/components.js";
import { html, resource, useEffect } from "../../page/parts/html.js";
import { stripsOf } from "../../page/parts/strips.js";
import { LATE, countOf, counted, dotted, fileOf, megabytes } from "../../page/parts/wording.js";
import { place } from "../../page/source/server.js";

const AT_ONCE = 40;

/** @param {Page.App} app @param {string} [part]  the parameters of the first groups */
async function load({ server, source }, part = "") {
  const { groups } = await server.get(/** @type {"duplicates"} */ (`duplicates${part}`));
  const members = groups.slice(0, AT_ONCE).flatMap((group) => group.members);
  const ids = members.flatMap((copy) => copy.audio_id ?? []);
  return { groups, strips: await stripsOf(source, ids), isAll: !part || groups.length < AT_ONCE };
}

/** @param {Page.App} app @param {() => void} changed @returns {Page.Mending} */
export function mend(app, changed) {
  const acts = app.added("copies").map((part) => part(app, changed)),
    answer = /** @type {Page.Resource<Awaited<ReturnType<typeof load>>>} */ (resource()),
    rowOf = (/** @type {Served.Member} */ copy) =>
      answer.value?.strips.get(copy.audio_id ?? "")?.row ?? null,
    isPlaying = (/** @type {Served.Member} */ copy) =>
      app.player.row !== null && rowOf(copy) === app.player.row,
    playCopy = copyPlayer(app, rowOf);

  /** @param {{ count?: number }} about */
  function View({ count }) {
    const { groups, isAll = false } = answer.value ?? {};
    useEffect(() => app.acts.add([act]), []);
    if (!groups) return html`<${State} kind="loading" text="Comparing recordings…" />`;
    const more = groups.length - AT_ONCE;
    return html`
      <p class="lead">${summaryOf(groups, isAll, count, acts)}</p>
      ${groups.length > 0 && acts.map((act) => act.all())}
      <div class="groups">
        ${groups
          .slice(0, AT_ONCE)
          .map((group) => html`<${Card} key=${group.members[0].path} group=${group} />`)}
        ${more > 0 && html`<p class="none">${counted(more)} more follow once these are settled</p>`}
      </div>
      ${acts.map((act) => act.below())}
    `;
  }
  /** @param {{ group: Served.DuplicateGroupPart }} about */
  function Card({ group }) {
    const { kind, certainty, members } = group,
      name = fileOf(members[0].path);
    return html`<section class="group" aria-label=${name}>
      <div class="heads">
        <h3>
          ${kind.replace("same_", "the same ")}${
            certainty < 0.995 && `, ${Math.round(100 * certainty)} % sure`
          }
        </h3>
        ${acts.map((act) => act.group(members, name))}
      </div>
      <div class="members">
        ${members.map((copy) => html`<${Member} key=${copy.path} copy=${copy} group=${group} />`)}
      </div>
    </section>`;
  }
  /** @param {{ copy: Served.Member, group: Served.DuplicateGroupPart }} about */
  function Member({ copy, group }) {
    const { path, audio_id: id } = copy,
      known = answer.value?.strips.get(id ?? ""),
      isBest = path === group.keep;
    const values = [
      ...copy.remarks,
      copy.size_bytes === null ? "" : megabytes(copy.size_bytes),
      `quality ${copy.quality}`,
    ];
    return html`<div class="member">
      <${Strip} strip=${known?.strip ?? null} />
      <label>
        <input type="radio" name=${group.members[0].path} value=${path} defaultChecked=${isBest} />
        <span>${isBest ? `Keep (${group.why})` : "Keep"}</span>
      </label>
      <${FileName} path=${path} />
      <span class="values">${dotted(...values)}</span>
      <span class="buttons">
        <${SignButton}
          sign="play"
          label=${`Play ${path}`}
          class="play"
          title="Switches between copies at the same place (x)"
          run=${() => app.tried(() => playCopy(copy, group.members))}
        />
        <a href=${place(`tracks/${id}`)}>Details</a>
      </span>
    </div>`;
  }
  const next = () => nextCopy(answer.value?.groups ?? [], isPlaying),
    switches = () => playCopy(.../** @type {Parameters<typeof playCopy>} */ (next())),
    actOf = actsIn("Clean up", app.tried),
    act = actOf("copies-next", "Next copy", "x", () => next() !== null, switches);
  return {
    name: "copies",
    title: "duplicates",
    head: "Duplicates",
    isCheck: true,
    View,
    // The first groups at once; then all, for their size.
    show: async () => {
      await Promise.all([
        answer.need(load(app, `?limit=${AT_ONCE}`)),
        ...acts.map((act) => act.load()),
      ]);
      if (!answer.value?.isAll) answer.ask(load(app));
    },
  };
}

// The copy after the playing one, and its whole group; null if all copies are the same audio.
/**
 * @param {Served.DuplicateGroupPart[]} groups @param {(copy: Served.Member) => boolean} isPlaying
 * @returns {[Served.Member, Served.Member[]] | null}
 */
export function nextCopy(groups, isPlaying) {
  const { members = [] } = groups.find((group) => group.members.some(isPlaying)) ?? {},
    at = members.findIndex(isPlaying),
    next = [...members.slice(at), ...members].find((copy) => !isPlaying(copy));
  return next ? [next, members] : null;
}

// Plays a copy from where another one is now. Copies may begin at different times: the plan of
// copying a cue point shows by how much. It is at the end: the plan leaves out places before 0.
/** @param {Page.App} app @param {(copy: Served.Member) => Page.Id | null} rowOf */
export function copyPlayer({ player, server }, rowOf) {
  let turn = 0;
  /** @param {Served.Member} copy @param {Served.Member[]} members */
  return async function play(copy, members) {
    const mine = ++turn,
      { row, track } = player,
      now = player.isOn && members.find((copy) => rowOf(copy) === row)?.audio_id;
    let by = 0;
    if (now && track && now !== copy.audio_id && server.may("correct")) {
      const position_s = track.duration,
        cues = { cues: [{ position_s }], cues_to_copies: true, dry_run: true },
        { changes } = await server
          .ask("PUT", "tracks", { tracks: [now], ...cues })
          .catch(() => ({ changes: [] })); // then at the same time
      if (mine !== turn) return;
      if (row !== player.row) return play(copy, members);
      /** @type {any} */
      const moved = changes.find(({ audio_id: id }) => id === copy.audio_id)?.new;
      if (moved) by = moved[0].position_s - position_s;
    }
    player.toggleAmong(rowOf(copy), members.map(rowOf), by);
  };
}

// As many as its check counts: without versions and likely copies, which stay.
/**
 * @param {Served.DuplicateGroupPart[]} groups @param {boolean} isAll
 * @param {number | undefined} count @param {Page.CopyActs[]} acts
 */
function summaryOf(groups, isAll, count, acts) {
  if (!groups.length) return "No duplicates.";
  const sure = groups.filter(({ kind }) => kind.startsWith("same_")),
    spare = isAll
      ? megabytes(sure.reduce((sum, group) => sum + group.spare_bytes, 0))
      : `${LATE} MB`,
    words = count === undefined ? `${LATE} copies` : countOf(count, "copy", "copies");
  return words + (acts.map((act) => act.lead(spare)).join("") || `, ${spare} in all.`);
}
