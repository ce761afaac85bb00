// Owns how a job is told in a few words: its result and where its webhook stands.

import { charged, delivery, outcome, waiting } from "./jobs.js";
import { span } from "./time.js";

const RESULTS = { searching: "searching", found: "found", nobody: "nobody has it", credits: "out of credits" };

/** What the search came to: its words and the kind that colours them. */
export function resultOf(job) {
  const kind = outcome(job);
  const who = job.asking ? `asking ${job.asking.provider}` : RESULTS[kind];
  const cost = charged(job);
  return { kind, text: kind === "searching" ? who : cost ? `${RESULTS[kind]} · ${cost} cr` : RESULTS[kind] };
}

/** Where the webhook stands: its words and the kind that colours them. */
export function webhookOf(job, now) {
  const stands = delivery(job, now);
  const last = [...job.attempts.values()].at(-1);
  const next = waiting(job);
  const left = next ? span(Math.max(next.dueAt - now, 0)) : "";
  const texts = {
    none: job.state === "finished" ? "no webhook" : "",
    due: `webhook in ${left}`,
    retry: `retry in ${left}`,
    sending: "sending webhook",
    delivered: `delivered · ${last?.statusCode}`,
    failed: `given up after ${job.attempts.size}`,
    blocked: "webhook blocked",
    dropped: "webhook dropped",
  };
  return { kind: stands === "due" ? "due" : stands, text: texts[stands] };
}

/** All of it in a sentence, for those who hear the page. */
export function sentence(job, now) {
  const { text: result } = resultOf(job);
  const { text: webhook } = webhookOf(job, now);
  return [job.personId, `key ending ${job.key}`, result, webhook].filter(Boolean).join(", ");
}

/** The jobs that a filter keeps; names in the order in which they are shown. */
export const FILTERS = {
  all: ["All", () => true],
  searching: ["Searching", (job) => job.state !== "finished"],
  found: ["Found", (job) => outcome(job) === "found"],
  nobody: ["Nobody has it", (job) => outcome(job) === "nobody"],
  credits: ["Out of credits", (job) => outcome(job) === "credits"],
  waiting: ["Webhook waits", (job) => job.pending.size > 0],
  failed: [
    "Webhook failed",
    (job) => !job.pending.size && ["failed", "blocked"].includes([...job.attempts.values()].at(-1)?.outcome),
  ],
};

export function fits(job, text) {
  return [job.personId, job.id, job.key].some((each) => each.toLowerCase().includes(text));
}
