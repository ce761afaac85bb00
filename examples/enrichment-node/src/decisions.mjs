// Owns what is done about each answer of Clodura's, and when to ask again. Pure: values in, values out, milliseconds.

import { NotAResult, readResult } from "./results.mjs";

export const LONGEST_PAUSE = 600_000;
const FIRST_PAUSE = 5_000;
const CHEAPEST = 10; // credits; with fewer there is no use in asking

/**
 * What a match's answer means. `answer` is `{status, document, retryAfter, sent}`, `status` 0 where none came and `sent` false
 * where the request cannot have arrived; `tries` is how often the match was held back before.
 *
 * accepted | closed | hold (send nothing for `pause`, then this again) | stop (until the owner has done something) | unsure (it
 * may have been accepted and charged: never send it again, wait for its webhook)
 */
export function afterMatch(answer, tries) {
  const { status, document, sent } = answer;
  const why = told(answer);
  if (status === 200 && typeof document?.trackingId === "string") {
    return { kind: "accepted", trackingId: document.trackingId };
  }
  if (status === 402) return { kind: "stop", why, credits: true };
  if (status === 401 || status === 403) return { kind: "stop", why, credits: false };
  if (status === 404) return { kind: "closed", state: "notFound", why };
  if (status === 429 || status === 503 || !sent) {
    return { kind: "hold", pause: pauseOf(answer, FIRST_PAUSE * 2 ** Math.min(tries, 10)), why };
  }
  if (status >= 400 && status < 500) return { kind: "closed", state: "refused", why };
  return { kind: "unsure", why };
}

/** What a poll's answer means: result | closed | hold. `pause` is the usual time to the next one. */
export function afterPoll(answer, pause) {
  const why = told(answer);
  if (answer.status === 404) return { kind: "closed", state: "lost", why: `unknown trackingId: ${why}` };
  try {
    const result = answer.status === 200 ? readResult(answer.document) : null;
    return result ? { kind: "result", result } : { kind: "hold", pause: pauseOf(answer, pause), why };
  } catch (error) {
    if (!(error instanceof NotAResult)) throw error;
    return { kind: "hold", pause, why: `the poll's document: ${error.message}` };
  }
}

/** The webhook is what brings the result; polling is the fallback, and becomes seldom. */
export function pauseBeforePoll(polls, first) {
  return Math.min(first * 2 ** Math.min(polls, 20), Math.max(first, LONGEST_PAUSE));
}

/** Whether a balance, in the form of either kind of plan, pays a lookup. */
export function enough(balance) {
  const { remainingCredits, directDials, maxDirectDials } = balance ?? {};
  return remainingCredits >= CHEAPEST || directDials < maxDirectDials;
}

function pauseOf({ retryAfter }, otherwise) {
  return Math.min(retryAfter ?? otherwise, LONGEST_PAUSE);
}

function told({ status, document }) {
  return [status || "no answer", document?.message].filter(Boolean).join(" ");
}
