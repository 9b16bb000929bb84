// The server's jobs.
import { computed, signal } from "../parts/html.js";
import { clock, dotted, fileOf } from "../parts/wording.js";
import { Problem, sentence } from "./problem.js";

const AGAIN_MS = 3000;
const FINAL = ["completed", "failed", "cancelled"];
/** @param {Served.Job} job */
export const isFinal = (job) => FINAL.includes(job.status);

export class Jobs {
  known = signal(/** @type {Map<string, Served.Job>} */ (new Map()));
  all = computed(() => [...this.known.value.values()].sort((a, b) => numberOf(b) - numberOf(a)));
  /** @type {Map<string, number>} */
  since = new Map(); // number of the last event or answered request
  count = 0; // of events and requests
  /** @type {string | null} */
  next = null;
  isLoaded = false;
  /** @param {Page.Server} server @param {Page.Changes} changes */
  constructor(server, changes) {
    this.server = server;
    changes.on("jobs", (change) => this.onEvent(change));
    changes.on("reset online", () => {
      if (this.isLoaded) this.load().catch(() => {});
    });
  }
  /** @param {string | null} [after]  also load jobs before this one */
  async load(after = null) {
    const turn = ++this.count,
      { jobs, next } = await this.server.get(`jobs?limit=30${after ? `&after=${after}` : ""}`);
    if (after || !this.isLoaded) this.next = next;
    this.isLoaded = true;
    this.put(jobs, turn);
  }
  /** @param {Page.LibraryChange} event */
  onEvent({ what, ids, record }) {
    const before = this.known.peek().get(ids?.[0] ?? "");
    if (what === "changed" && record?.id) this.put([record]);
    else if (what === "progress" && before && !isFinal(before)) {
      const { percentage, current_file, eta_s } = record;
      this.put([{ ...before, progress: percentage / 100, current_file, eta_s }]);
    }
  }
  // An answer may come after newer events and answers, which stay.
  /** @param {Served.Job[]} jobs @param {number} [since]  of an event: now */
  put(jobs, since = ++this.count) {
    const newer = jobs.filter(({ id }) => since >= (this.since.get(id) ?? 0));
    for (const { id } of newer) this.since.set(id, since);
    this.known.value = new Map([
      ...this.known.peek(),
      ...newer.map((job) => /** @type {const} */ ([job.id, job])),
    ]);
  }
  // Puts the answer to a request. If the request waits for the end, an end is the newest state.
  /** @param {Promise<Served.Job>} request @param {boolean} [isWaiting] */
  async answered(request, isWaiting = false) {
    const turn = ++this.count,
      job = await request;
    this.put([job], isWaiting && isFinal(job) ? undefined : turn);
    return job;
  }
  // Resolves when a job has ended; survives server restarts.
  /** @param {string} id @returns {Promise<Served.Job>} */
  async ended(id) {
    for (;;) {
      try {
        const job = await this.answered(this.server.get(`jobs/${id}?wait=20`), true);
        if (isFinal(job)) return job;
      } catch (error) {
        if (!(error instanceof Problem) || !error.isLost) throw error;
        await new Promise((done) => setTimeout(done, AGAIN_MS));
      }
    }
  }
  // How a job ended, as a sentence. words: for its result
  /** @param {string} id @param {(result: Record<string, any>) => string} words */
  async outcome(id, words) {
    const job = await this.ended(id);
    if (job.status === "completed") return sentence(words(job.result ?? {}));
    return stateText(job) || "Cancelled. What was done so far is kept.";
  }
  /** @param {string} path @param {object} body @param {Page.Asking} [how] */
  ask(path, body, how) {
    return this.answered(this.server.ask("POST", path, body, how));
  }
}

/** @param {Served.Job} job */
const numberOf = ({ id }) => Number(id.slice(4));

// What a job does now, why it waits, or why it failed; "" once it is done.
/** @param {Served.Job} job */
export function stateText({ status, progress, eta_s: left, current_file: file, ...job }) {
  if (status === "pending") return "Starts when a job slot is free.";
  if (status === "waiting") return sentence(job.waiting_for ?? "Waiting");
  if (status === "failed") return sentence(job.error?.message ?? "Failed");
  if (status !== "processing") return "";
  const rest = left !== null && `${clock(left)} left`;
  return dotted(`${Math.floor(100 * progress)} %`, rest, file && fileOf(file));
}
