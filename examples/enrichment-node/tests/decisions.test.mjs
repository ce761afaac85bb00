// What is done about each answer, as values: no server, no waiting.

import assert from "node:assert/strict";
import { test } from "node:test";

import { afterMatch, afterPoll, enough, pauseBeforePoll } from "../src/decisions.mjs";
import { creditsOf } from "../src/results.mjs";

for (const [answer, decision] of [
  [{ status: 200, document: { trackingId: "t" } }, { kind: "accepted", trackingId: "t" }],
  [{ status: 402, document: { message: "none left" } }, { kind: "stop", why: "402 none left", credits: true }],
  [{ status: 401 }, { kind: "stop", why: "401", credits: false }],
  [{ status: 403 }, { kind: "stop", why: "403", credits: false }],
  [{ status: 404 }, { kind: "closed", state: "notFound", why: "404" }],
  [{ status: 422 }, { kind: "closed", state: "refused", why: "422" }],
  [{ status: 429, retryAfter: 7000 }, { kind: "hold", pause: 7000, why: "429" }],
  [{ status: 429 }, { kind: "hold", pause: 20_000, why: "429" }],
  [{ status: 503, retryAfter: 9e12 }, { kind: "hold", pause: 600_000, why: "503" }],
  [{ status: 0, sent: false }, { kind: "hold", pause: 20_000, why: "no answer" }],
  [{ status: 0 }, { kind: "unsure", why: "no answer" }],
  [{ status: 500 }, { kind: "unsure", why: "500" }],
  [{ status: 200, document: "queued" }, { kind: "unsure", why: "200" }],
]) {
  test(`after a match: ${JSON.stringify(answer)} means ${decision.kind}`, () => {
    assert.deepEqual(afterMatch({ sent: true, ...answer }, 2), decision);
  });
}

test("a poll is repeated until it tells a result", () => {
  const processing = { trackingId: "t", status: "processing" };
  assert.equal(afterPoll({ status: 200, document: processing }, 60).kind, "hold");
  assert.equal(afterPoll({ status: 200, document: "what?" }, 60).kind, "hold");
  assert.equal(afterPoll({ status: 429, retryAfter: 9 }, 60).pause, 9);
  assert.equal(afterPoll({ status: 404 }, 60).state, "lost");
  assert.equal(afterPoll({ status: 200, document: { personId: "p", phoneNumbers: [] } }, 60).kind, "result");
});

test("polls become seldom", () => {
  const pauses = [0, 1, 2, 3, 4, 99].map((polls) => pauseBeforePoll(polls, 60_000) / 1000);
  assert.deepEqual(pauses, [60, 120, 240, 480, 600, 600]);
});

test("credits count in the form of the plan", () => {
  assert.ok(enough({ remainingCredits: 10 }));
  assert.ok(!enough({ remainingCredits: 9 }));
  assert.ok(enough({ directDials: 99, maxDirectDials: 100 }));
  assert.ok(!enough({ directDials: 100, maxDirectDials: 100 }));
  assert.ok(!enough(undefined));
});

test("an unknown price is taken as the dearest", () => {
  const prices = ["Wiza", "constructor", undefined].map((provider) => creditsOf({ state: "found", provider }));
  assert.deepEqual(prices, [14, 20, 1]);
});
