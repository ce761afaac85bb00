// Owns the jobs as the page knows them: read from the list, then kept up by events. Applying one twice changes nothing.

import { instant } from "./time.js";

export const KEPT = 20_000; // finished jobs beyond that are forgotten here as on the server

/** What became of a search. */
export function outcome(job) {
  if (job.state !== "finished") return "searching";
  if (job.steps.some((each) => each.kind === "found")) return "found";
  return job.steps.some((each) => each.kind === "credits") ? "credits" : "nobody";
}

/** Where the webhook stands at an instant. */
export function delivery(job, now) {
  const pending = waiting(job);
  if (pending) return pending.dueAt <= now ? "sending" : job.attempts.size ? "retry" : "due";
  const last = [...job.attempts.values()].at(-1);
  return last ? last.outcome : "none";
}

/** The attempt that comes next. */
export function waiting(job) {
  return [...job.pending.values()].sort((one, other) => one.dueAt - other.dueAt)[0] ?? null;
}

/** From the beginning to the end of what is known of a job. */
export function extent(job) {
  const ends = [job.createdAt, job.finishedAt, job.asking?.answersAt];
  for (const each of job.attempts.values()) ends.push(each.doneAt);
  for (const each of job.pending.values()) ends.push(each.dueAt);
  return [job.createdAt, Math.max(...ends.filter((each) => each !== null && each !== undefined))];
}

export class Jobs {
  constructor(statuses, clock) {
    this.clock = clock;
    this.kinds = new Map([
      [statuses.found, "found"],
      [statuses.notFound, "nobody"],
      [statuses.insufficientCredits, "credits"],
    ]);
    this.byId = new Map();
  }

  /** All jobs, the newest first. */
  newest() {
    return [...this.byId.values()].reverse();
  }

  get(id) {
    return this.byId.get(id) ?? null;
  }

  load(views) {
    this.byId = new Map(views.map((each) => [each.trackingId, this.read(each)]));
  }

  /** A job as `GET /_mock/jobs` tells it. */
  read(view) {
    const job = fresh(view.trackingId, view.key, view.personId, instant(view.createdAt));
    Object.assign(job, { state: view.state, finishedAt: instant(view.finishedAt), charges: view.charges });
    job.asking = view.asking && {
      provider: view.asking.provider,
      askedAt: instant(view.asking.askedAt),
      answersAt: instant(view.asking.answersAt),
    };
    job.steps = view.steps.map((each) => ({
      provider: each.provider,
      kind: this.kind(each.status),
      askedAt: instant(each.askedAt),
      answeredAt: instant(each.answeredAt),
    }));
    for (const each of view.deliveries)
      job.attempts.set(each.attempt, attempt(each, instant(each.dueAt), this.clock.rate));
    for (const each of view.pending)
      job.pending.set(each.attempt, { attempt: each.attempt, dueAt: instant(each.dueAt) });
    return job;
  }

  /** One event; whether it was about a job. */
  apply(name, data) {
    const change = CHANGES[name];
    if (!change) return false;
    if (name === "jobQueued") this.queue(data);
    const job = this.byId.get(data.trackingId);
    if (job) change.call(this, job, data, instant(data.at));
    return true;
  }

  queue({ trackingId, key, personId, at }) {
    if (this.byId.has(trackingId)) return;
    this.byId.set(trackingId, fresh(trackingId, key, personId, instant(at)));
    if (this.byId.size > KEPT) this.forget();
  }

  forget() {
    for (const [id, job] of this.byId) {
      if (job.state === "finished" && !job.pending.size) return this.byId.delete(id);
    }
    return false;
  }

  kind(status) {
    return this.kinds.get(status) ?? "nobody";
  }
}

const CHANGES = {
  jobQueued() {},
  providerAsked(job, { provider, answersAt }, at) {
    if (job.state === "finished" || job.steps.some((each) => each.provider === provider)) return;
    job.state = "searching";
    job.asking = { provider, askedAt: at, answersAt: instant(answersAt) };
  },
  providerAnswered(job, { provider, status }, at) {
    if (job.steps.some((each) => each.provider === provider)) return;
    const askedAt = job.asking?.provider === provider ? job.asking.askedAt : at;
    job.steps.push({ provider, kind: this.kind(status), askedAt, answeredAt: at });
    job.asking = null;
  },
  creditsCharged(job, { kind, amount }) {
    job.charges[kind] = Math.abs(amount);
  },
  jobFinished(job, { charged }, at) {
    Object.assign(job, { state: "finished", finishedAt: at, asking: null });
    if (charged) job.charges["unified" in job.charges ? "unified" : "phone"] = charged; // of all providers, where several are paid
  },
  deliveryScheduled(job, { attempt, dueAt }) {
    if (!job.attempts.has(attempt)) job.pending.set(attempt, { attempt, dueAt: instant(dueAt) });
  },
  deliveryAttempted(job, data, at) {
    const dueAt = job.pending.get(data.attempt)?.dueAt ?? at;
    job.attempts.set(data.attempt, attempt(data, dueAt, this.clock.rate));
    job.pending.delete(data.attempt);
  },
  deliveryGivenUp() {},
};

/** The names of events that concern jobs. */
export const JOB_EVENTS = Object.keys(CHANGES);

function fresh(id, key, personId, createdAt) {
  return {
    id,
    key,
    personId,
    createdAt,
    state: "queued",
    finishedAt: null,
    asking: null,
    steps: [],
    charges: {},
    attempts: new Map(),
    pending: new Map(),
  };
}

/** What is drawn of an attempt. How long it took is known in real time; on a clock that stands still that is nothing. */
function attempt(view, dueAt, rate) {
  const sentAt = instant(view.sentAt) ?? dueAt;
  return {
    attempt: view.attempt,
    sentAt,
    doneAt: sentAt + view.durationMs * rate,
    outcome: view.outcome,
    statusCode: view.statusCode,
    error: view.error,
  };
}

/** What a number cost, in the credits that phones are paid with. */
export function charged(job) {
  return job.charges.unified ?? job.charges.phone ?? 0;
}
