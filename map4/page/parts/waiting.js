// Changes that wait for the server, in the order in which they were made, and conflicts: changes of
// values that somebody else has changed meanwhile.
import { Icon, SignButton } from "./components.js";
import { html, signal } from "./html.js";
import { Closing, openDialog } from "./pop.js";
import { counted, dotted, messageOf } from "./wording.js";

/**
 * @typedef {object} NewValue  a changed value that rows show before it is saved
 * @property {Page.Id[]} rows
 * @property {Record<string, Page.Value>} values
 * @property {string} mine  in words
 * @property {() => Promise<string | null>} theirs  in words: what somebody else has set meanwhile
 * @property {() => unknown} dropped  called when rows must show the stored value again
 *
 * @typedef {object} Change
 * @property {string} what
 * @property {() => unknown} run
 * @property {NewValue} [value]
 * @property {number} number  in the order in which they were made
 * @property {number} tries
 * @property {string} reason  why it waits
 * @property {string} [theirs]  of a conflict
 * @property {unknown} [result]
 * @property {Promise<boolean> | null} [sending]  whether the next one may follow
 */

const LATE_MS = 3000,
  MOST_NAMED = 3;

// The values of rows that are not saved yet.
export const unsaved = signal(/** @type {Map<Page.Id, Record<string, Page.Value>>} */ (new Map()));

export class Waiting {
  acts = signal(/** @type {Change[]} */ ([]));
  conflicts = signal(/** @type {Change[]} */ ([]));
  count = 0;
  /** @type {Change[]} */
  refused = []; // the last ones, for the same reason
  /** @type {Promise<void> | null} */
  replaying = null;
  /** @param {(text: string, act?: { title: string, run: () => unknown }) => void} tell */
  constructor(tell) {
    this.tell = tell;
  }
  /** @param {(acts: Change[]) => Change[]} change */
  change(change) {
    const acts = (this.acts.value = change(this.acts.peek()).sort((a, b) => a.number - b.number)),
      /** @type {typeof unsaved.value} */
      values = new Map();
    for (const { value } of acts)
      for (const row of value?.rows ?? [])
        values.set(row, { ...values.get(row), ...value?.values });
    unsaved.value = values;
  }
  remove = (/** @type {Change} */ act) => this.change((acts) => acts.filter((one) => one !== act));
  add = (/** @type {Change} */ act) =>
    this.change((acts) => (acts.includes(act) ? acts : [...acts, act]));
  // Makes a change behind those that wait; without a response, it waits. Other requests have no
  // name; they are sent again from the message of their failure.
  /** @type {Page.App["tried"]} */
  async tried(run, what = "", value = undefined) {
    /** @type {Change} */
    const act = { what, run, value, number: ++this.count, tries: 0, reason: "" };
    if (what && this.acts.peek().length) {
      this.add(act);
      await this.replay();
    } else await this.attempt(act);
    return /** @type {any} */ (act.result);
  }
  // Sends the waiting changes in order, also those that are made meanwhile.
  replay() {
    const send = async () => {
      const { refused } = this,
        conflicts = this.conflicts.peek(),
        sent = [];
      if (this.acts.peek().length) this.tell(""); // nothing is said of them while they are sent
      for (let act; (act = this.acts.peek().at(0)); sent.push(act))
        if (!(await this.attempt(act))) return;
      const isAll = refused === this.refused && conflicts === this.conflicts.peek(),
        ofRatings = sent.every(({ what }) => what.startsWith("rating of "));
      if (isAll && sent.length > 1)
        this.tell(`${counted(sent.length)} ${ofRatings ? "ratings" : "changes"} saved`);
    };
    return (this.replaying ??= send().finally(() => {
      this.replaying = null;
    }));
  }
  /** @param {Change} act */
  attempt(act) {
    return (act.sending ??= this.send(act).finally(() => {
      act.sending = null;
    }));
  }
  // Sends a change; returns whether the next one may follow.
  /** @param {Change} act */
  async send(act) {
    const { what } = act,
      late = what ? setTimeout(() => this.add(act), LATE_MS) : 0;
    try {
      const theirs = act.tries++ ? await act.value?.theirs() : null;
      if (theirs) this.conflict(act, theirs);
      else act.result = await act.run();
      this.remove(act);
      return true;
    } catch (error) {
      const reason = messageOf(error),
        waits = Boolean(/** @type {Page.Problem} */ (error).mayTryAgain);
      act.reason = waits ? reason.replace(/(?<=\.) .*/s, "") : reason;
      if (waits && what) this.add(act);
      else this.remove(act);
      if (!waits) this.refused = [...this.refused.filter((one) => one.reason === reason), act];
      const named = namesOf(waits ? this.acts.peek() : this.refused),
        text = (what && `Not saved${waits ? " yet" : ""}: ${named}. `) + act.reason,
        again = () => (what ? this.replay() : this.attempt(act));
      this.tell(text, waits ? { title: "Try again", run: again } : undefined);
      return !waits;
    } finally {
      clearTimeout(late);
    }
  }
  /** @param {Change} act @param {string} theirs */
  conflict(act, theirs) {
    const { what, value } = act,
      others = this.conflicts.peek().filter((one) => one.what !== what);
    this.conflicts.value = [...others, { ...act, theirs }];
    value?.dropped();
    this.tell(`Changed elsewhere: ${what}: ${theirs}, yours ${value?.mine}.`, {
      title: "Choose",
      run: () => this.open(),
    });
  }
  /** @param {Change} act @param {boolean} isMine */
  settle(act, isMine) {
    this.conflicts.value = this.conflicts.peek().filter((one) => one !== act);
    if (isMine) this.tried(act.run, act.what, act.value);
  }
  /** @param {Change} act */
  discard(act) {
    this.remove(act);
    act.value?.dropped();
  }
  // Whether the server is away and how many changes wait, in the header; opens the list.
  /** @param {{ isOnline: boolean }} about */
  Chip = ({ isOnline }) => {
    const [waiting, changed] = [this.acts.value.length, this.conflicts.value.length],
      more = changed && `${changed} changed elsewhere`,
      text = dotted(!isOnline && "Offline", waiting && `${waiting} waiting`, more);
    return html`<span aria-live="polite">
      ${
        text &&
        html`<button class="waiting" title="Not saved yet" onclick=${() => this.open()}>
          <${Icon} name="clock" /> ${text}
        </button>`
      }
    </span>`;
  };
  open() {
    openDialog("Not saved yet", {}, this.List);
  }
  List = () => {
    const [acts, conflicts] = [this.acts.value, this.conflicts.value];
    return html`${!acts.length && !conflicts.length && html`<p>Everything is saved.</p>`}
      <ul class="rows" hidden=${!acts.length && !conflicts.length}>
        ${conflicts.map(
          (act) =>
            html`<li key=${act.number}>
              <div>${act.what}<small>Changed elsewhere meanwhile</small></div>
              <button onclick=${() => this.settle(act, false)}>Keep ${act.theirs}</button>
              <button onclick=${() => this.settle(act, true)}>Use ${act.value?.mine}</button>
            </li>`,
        )}
        ${acts.map(
          (act) =>
            html`<li key=${act.number}>
              <div>${act.what}<small>${act.reason || "Waits for those before it"}</small></div>
              <${SignButton}
                sign="close"
                label=${`Discard ${act.what}`}
                run=${() => this.discard(act)}
              />
            </li>`,
        )}
      </ul>
      <p>
        <button disabled=${!acts.length} onclick=${() => this.replay()}>Try again</button>
      </p>
      <${Closing} />`;
  };
}

/** @param {Change[]} acts */
const namesOf = (acts) =>
  acts
    .slice(0, MOST_NAMED)
    .map(({ what }) => what)
    .join("; ") + (acts.length > MOST_NAMED ? ` and ${acts.length - MOST_NAMED} more` : "");
