// Settles findings: sends what was chosen, marks the rows, and can undo it.
import { signal } from "../../page/parts/html.js";
import { problemsOf, undoStep } from "../../page/parts/toasts.js";
import { fileOf, messageOf, tracksOf } from "../../page/parts/wording.js";
import { LONG_MS } from "../../page/source/server.js";
/** @typedef {{ finding: Page.Finding, settled: string }} DoubtRow  settled: how; "" while open */

/** @param {Page.App} app */
export function settlement(app) {
  const { server } = app,
    rows = signal(/** @type {DoubtRow[]} */ ([]));
  return { rows, settle, settleAll };

  // Resolves to its undo.
  /** @param {DoubtRow} row @param {Page.Choice} choice @returns {Promise<() => Promise<any>>} */
  async function set(
    { finding: { audio_id: id, ids = [] } },
    { act, values, audio_ids: chosen = ids, query: q, respell, tempo_range: range },
  ) {
    if (act) return act();
    if (range) {
      await server.ask("POST", "tempo-ranges", { range, query: q }, { patience: LONG_MS });
      return () => server.ask("POST", "tempo-ranges/undo", {}, { patience: LONG_MS });
    }
    const tracks = chosen.length ? chosen : [id],
      body = { ...(q ? { q, respell } : { tracks }), ...values },
      { step, changes } = await server.ask("PUT", "tracks", body),
      [problem] = problemsOf(changes);
    if (step === null && problem) throw new Error(problem);
    return async () => step && undoStep(server, step);
  }
  /** @param {DoubtRow} row @param {string} settled  "" offers its choices again */
  function mark({ finding }, settled) {
    rows.value = rows.value.map((row) => (row.finding === finding ? { finding, settled } : row));
  }
  // Settles rows in sequence; undone together.
  /** @param {() => { row: DoubtRow, choice: Page.Choice }[]} wanted */
  function settling(wanted) {
    /** @type {{ row: DoubtRow, back: () => Promise<any> }[]} */
    const done = [];
    const redo = async () => {
      for (const { row, choice } of wanted()) {
        mark(row, choice.label);
        const back = await set(row, choice).catch((error) => {
          mark(row, "");
          throw error;
        });
        done.push({ row, back });
      }
    };
    const undo = async () => {
      const changes = [];
      for (let last = done.at(-1); last; last = done.at(-1)) {
        changes.push(...((await last.back())?.changes ?? []));
        mark(last.row, "");
        done.pop();
      }
      return { changes };
    };
    return { done, undo, redo };
  }
  // Settles a choice in every open row.
  /** @param {(choices: Page.Choice[]) => Page.Choice | undefined} pick @param {string} words */
  async function settleAll(pick, words) {
    const all = settling(() =>
      rows.value.flatMap((row) => {
        const choice = row.settled ? undefined : pick(valuedOf(row.finding));
        return choice ? { row, choice } : [];
      }),
    );
    const problem = await all.redo().then(() => "", messageOf),
      message = `${tracksOf(all.done.length)}: ${words}${problem && `; stopped: ${problem}`}`;
    if (all.done.length) app.say(message, all);
    else app.say(problem || "No open finding offers a value.");
  }
  /** @param {DoubtRow} row @param {Page.Choice} choice */
  async function settle(row, choice) {
    const { title, path, about, ids = [] } = row.finding,
      name = ids.length > 1 ? tracksOf(ids.length) : (about ?? title ?? fileOf(path)),
      what = `${name}: ${choice.label}`,
      one = settling(() => [{ row, choice }]);
    await app.tried(async () => {
      await one.redo();
      app.say(what, one);
    }, what);
  }
}

// The choices that can be taken.
/** @param {Page.Finding} finding */
export const valuedOf = ({ audio_id: id, choices }) =>
  choices.filter(
    ({ values, act, audio_ids: ids, query, tempo_range: range }) =>
      act || range || (values && (id || ids || query)),
  );
