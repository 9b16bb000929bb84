// The server's jobs, newest first. Event "change": a job changed.
import { clock, dotted, fileOf } from "../parts/wording.js";
import { Problem, sentence } from "./problem.js";

const AGAIN_MS = 3000;
const FINAL = ["completed", "failed", "cancelled"];
/** @param {Served.Job} job */
export const isFinal = (job) => FINAL.includes(job.status);

export class Jobs extends EventTarget {
  /** @param {Page.Server} server @param {Page.Changes} changes */
  constructor(server, changes) {
    super();
    this.server = server;
    /** @type {Map<string, Served.Job>} */
    this.known = new Map();
    /** @type {Map<string, number>} */
    this.since = new Map(); // number of the last event or answered request
    this.count = 0; // of events and requests
    /** @type {string | null} */
    this.next = null;
    this.isLoaded = false;
    changes.on("jobs", (change) => this.onEvent(change));
    changes.on("reset online", () => {
      if (this.isLoaded) this.load().catch(() => {});
    });
  }
  // Newest first.
  get all() {
    return [...this.known.values()].sort((a, b) => numberOf(b) - numberOf(a));
  }
  /** @param {string | null} [after]  also load jobs before this one */
  async load(after = null) {
    const turn = ++this.count,
      { jobs, next } = await this.server.get(`jobs?limit=30${after ? `&after=${after}` : ""}`);
    for (const job of jobs) this.store(job, turn);
    if (after || !this.isLoaded) this.next = next;
    this.isLoaded = true;
    this.dispatchEvent(new Event("change"));
  }
  /** @param {Page.LibraryChange} event */
  onEvent({ what, ids, record }) {
    const [id] = ids ?? [],
      before = this.known.get(id);
    if (what === "changed" && record?.id) this.put(record);
    else if (what === "progress" && before && !isFinal(before))
      this.put({
        ...before,
        progress: record.percentage / 100,
        current_file: record.current_file,
        eta_s: record.eta_s,
      });
  }
  /** @param {Served.Job} job @param {number} [since]  of an event: now */
  put(job, since = ++this.count) {
    this.store(job, since);
    this.dispatchEvent(new Event("change"));
  }
  // An answer may come after newer events and answers, which stay.
  /** @param {Served.Job} job @param {number} since */
  store(job, since) {
    if (since < (this.since.get(job.id) ?? 0)) return;
    this.known.set(job.id, job);
    this.since.set(job.id, since);
  }
  // Puts the answer to a request. If the request waits for the end, an end is the newest state.
  /** @param {Promise<Served.Job>} request @param {boolean} [isWaiting] */
  async answered(request, isWaiting = false) {
    const turn = ++this.count,
      job = await request;
    this.put(job, isWaiting && isFinal(job) ? undefined : turn);
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
