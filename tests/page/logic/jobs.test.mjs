import assert from "node:assert/strict";
import { test } from "node:test";
import { Jobs } from "../../../map4/page/source/jobs.js";

// Jobs of a server whose answers come when they are let go, and events by `heard`.
function following() {
  const answers = [],
    pending = () => new Promise((done) => answers.push(done)),
    jobs = new Jobs({ get: pending, ask: pending }, { on() {} });
  return {
    jobs,
    answers,
    report: (status, more) =>
      jobs.onEvent({ what: "changed", ids: ["job-1"], record: job(status, more) }),
    status: () => jobs.known.value.get("job-1")?.status,
  };
}
const job = (status, more = {}) => ({ id: "job-1", status, progress: 0, ...more });

test("an answer keeps the events that came after its request", async () => {
  const orders = [
    (jobs) => jobs.ask("jobs/job-1/cancel", {}),
    (jobs) => jobs.load(),
    (jobs) => jobs.ended("job-1"),
  ];
  for (const [before, event] of [
    ["processing", "cancelled"],
    ["pending", "processing"],
    ["processing", "waiting"],
  ])
    for (const order of orders) {
      const { jobs, answers, report, status } = following();
      jobs.put([job(before)]);
      order(jobs);
      report(event);
      answers[0](Object.assign(job(before), { jobs: [job(before)], next: null }));
      await new Promise((done) => setTimeout(done));
      assert.equal(status(), event, `${order}: ${before}`);
    }
});

test("of two answers in the wrong order, the one to the newer request stays", async () => {
  const { jobs, answers, status } = following(),
    requests = [jobs.ask("jobs/job-1/cancel", {}), jobs.ask("jobs/job-1/retry", {})];
  answers[1](job("pending"));
  answers[0](job("processing"));
  await Promise.all(requests);
  assert.equal(status(), "pending");
});

test("an answer is shown if no event came, also of a job that was tried again", async () => {
  const { jobs, answers, report, status } = following();
  report("cancelled");
  const requests = jobs.ask("jobs/job-1/retry", {});
  answers[0](job("pending"));
  await requests;
  assert.equal(status(), "pending");
});

test("the end of a job is shown whenever its answer comes", async () => {
  const { jobs, answers, report, status } = following(),
    ended = jobs.ended("job-1");
  report("processing");
  answers[0](job("completed"));
  assert.equal((await ended).status, "completed");
  assert.equal(status(), "completed");
});
