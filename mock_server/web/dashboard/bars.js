// Owns how one job is drawn on the time axis: bars for providers, a diamond for the result, circles for the webhook.

import { svg } from "./dom.js";
import { outcome, waiting } from "./jobs.js";
import { full, span } from "./time.js";

const HIGH = 16; // pixels of a bar
const LETTER = 6.6; // pixels, about
const APART = 14; // pixels between the signs of two attempts, at least
const WORDS = { found: "found", nobody: "not found", credits: "insufficient credits" };

/** What is seen of a job; `middle` is the height of its line. */
export function bars(job, scale, now, middle) {
  return [
    queued(job, scale, middle),
    job.steps.map((each) => provider(each, scale, middle)),
    asked(job, scale, now, middle),
    webhook(job, scale, now, middle),
    result(job, scale, middle),
  ]
    .flat(Infinity)
    .filter((each) => each !== null);
}

function bar(scale, from, to, middle, kind, text, title) {
  const x = scale.x(from);
  const width = Math.max(scale.x(to) - x, 3);
  if (x > scale.width || x + width < 0) return null;
  const shown = Math.min(x + width, scale.width) - Math.max(x, 0);
  const said = [text, text.slice(0, 3)].find((each) => each.length * LETTER + 14 < shown);
  return svg(
    "g",
    { class: `bar ${kind}` },
    svg("title", {}, title),
    svg("rect", { x, y: middle - HIGH / 2, width, height: HIGH, rx: 3 }),
    said && svg("text", { x: Math.max(x, 0) + shown / 2 - 2, y: middle + 4, "text-anchor": "middle" }, said),
  );
}

function queued(job, scale, middle) {
  const until = job.steps[0]?.askedAt ?? job.asking?.askedAt ?? job.finishedAt ?? job.createdAt;
  const x = scale.x(job.createdAt);
  if (x < 0 || x > scale.width) return null;
  const waited = until > job.createdAt ? bar(scale, job.createdAt, until, middle, "queued", "queued", "queued") : null;
  const tick = svg(
    "path",
    { class: "start", d: `M${x},${middle - 12}V${middle + 12}` },
    svg("title", {}, `queued at ${full(job.createdAt)}`),
  );
  return [waited, tick];
}

function provider({ provider: name, kind, askedAt, answeredAt }, scale, middle) {
  return bar(scale, askedAt, answeredAt, middle, kind, name, `${name}: ${WORDS[kind]}, ${span(answeredAt - askedAt)}`);
}

function asked({ asking }, scale, now, middle) {
  if (!asking) return null;
  const title = `${asking.provider} is being searched, answers at ${full(asking.answersAt)}`;
  const done = Math.min(now, asking.answersAt);
  return [
    bar(scale, asking.askedAt, asking.answersAt, middle, "asking", asking.provider, title),
    done > asking.askedAt
      ? svg("rect", {
          class: "progress",
          x: scale.x(asking.askedAt),
          y: middle + HIGH / 2 - 3,
          height: 3,
          width: Math.max(scale.x(done) - scale.x(asking.askedAt), 0),
        })
      : null,
  ];
}

function result(job, scale, middle) {
  if (job.finishedAt === null) return null;
  const x = scale.x(job.finishedAt);
  if (x < -8 || x > scale.width + 8) return null;
  const kind = outcome(job);
  return svg(
    "path",
    { class: `result ${kind}`, d: `M${x},${middle - 9}l6,9l-6,9l-6,-9z` },
    svg("title", {}, `finished at ${full(job.finishedAt)}: ${WORDS[kind]}`),
  );
}

const SIGNS = {
  delivered: "M-3,0l2.2,2.4l4,-4.6",
  failed: "M-2.6,-2.6l5.2,5.2m0,-5.2l-5.2,5.2",
  blocked: "M-3,0h6",
  dropped: "M-3,0h6",
};

/** The line from the result along the attempts, each with its sign, to the one that waits. Signs stand beside each other. */
function webhook(job, scale, now, middle) {
  if (job.finishedAt === null || !(job.attempts.size || job.pending.size)) return null;
  const start = scale.x(job.finishedAt);
  let taken = start;
  const beside = (x) => (taken = Math.max(x, taken + APART));
  const done = [...job.attempts.values()].map((each) => attempt(each, beside(scale.x(each.doneAt)), scale, middle));
  const next = waiting(job);
  const due = next ? waits(next, beside(scale.x(Math.max(next.dueAt, now))), scale, now, middle) : null;
  return [svg("path", { class: "wait", d: `M${start},${middle}H${taken}` }), done, due];
}

function attempt(each, x, scale, middle) {
  const sent = scale.x(each.sentAt);
  const said = each.statusCode ?? each.error ?? each.outcome;
  const title = `webhook, attempt ${each.attempt} at ${full(each.sentAt)}: ${each.outcome} (${said})`;
  return [
    scale.x(each.doneAt) - sent > APART ? flight(sent, x, middle) : null,
    mark(x, middle, each.outcome, SIGNS[each.outcome], title),
  ];
}

/** It was sent and is not answered yet. */
function flight(from, to, middle) {
  return svg("path", { class: "flight", d: `M${from},${middle}H${to}` });
}

function waits(next, x, scale, now, middle) {
  const left = next.dueAt - now;
  const text = left > 0 ? `in ${span(left)}` : "sending";
  const before = x + 12 + text.length * LETTER > scale.width;
  return [
    left < 0 ? flight(scale.x(next.dueAt), x, middle) : null,
    mark(x, middle, "due", null, `webhook, attempt ${next.attempt}: due at ${full(next.dueAt)}`),
    svg(
      "text",
      { class: "countdown", x: before ? x - 11 : x + 11, y: middle + 4, "text-anchor": before ? "end" : "start" },
      text,
    ),
  ];
}

function mark(x, middle, kind, sign, title) {
  return svg(
    "g",
    { class: `hook ${kind}`, transform: `translate(${x} ${middle})` },
    svg("title", {}, title),
    svg("circle", { r: 6.5 }),
    sign ? svg("path", { d: sign }) : null,
  );
}
