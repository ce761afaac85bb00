// A lookup from the question to the number, whatever the API and the network do on the way.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Fake, application } from "./fake.mjs";

let fake;
before(async () => {
  fake = await Fake.start();
});
after(() => fake.stop());

/** An application with an account of its own. */
async function begin(context, account) {
  const apiKey = await fake.account(account);
  return application(context, { fake, apiKey });
}

test("a webhook brings the number", async (context) => {
  const user = await begin(context);
  const id = await user.reveal("mock-found-wiza");
  assert.equal(await user.state(id), "waiting");

  await fake.advance(10);

  assert.equal(await user.state(id), "found");
  assert.equal((await user.lookup(id)).phoneNumbers.length, 1);
});

test("nobody has a number", async (context) => {
  const user = await begin(context);
  const id = await user.reveal("mock-none");

  await fake.advance();

  assert.equal(await user.state(id), "notFound");
});

test("a lost webhook is made up for by polling", async (context) => {
  const user = await begin(context);
  const id = await user.reveal("mock-found-hook-drop");
  await fake.advance(60);

  await user.worker.tick();

  assert.equal(await user.state(id), "found");
});

test("a webhook before the answer to the match is taken", async (context) => {
  const user = await begin(context);

  assert.equal(await user.state(await user.reveal("mock-found-hook-early")), "found");
});

for (const personId of ["mock-found-hook-twice", "mock-found-hook-fail-2", "mock-found-hook-late-600"]) {
  test(`${personId}: whatever comes again, or late, is counted once`, async (context) => {
    const user = await begin(context);
    await user.reveal(personId);
    await fake.advance(60);
    await user.worker.tick();

    await fake.advance();

    const [job] = await fake.jobs(user.settings.apiKey);
    assert.deepEqual(new Set(job.deliveries.map((each) => each.statusCode)), new Set([204]));
    assert.equal((await user.probe({ trackingId: job.trackingId })).appliedCount, 1);
  });
}

test("a person is paid for once, however many ask", async (context) => {
  const user = await begin(context);
  const first = await user.reveal("mock-found");
  await fake.advance();

  assert.equal(await user.reveal("mock-found"), first);
  assert.equal((await fake.jobs(user.settings.apiKey)).length, 1);
});

test("our ledger is Clodura's", async (context) => {
  const user = await begin(context);
  for (const personId of ["mock-found", "mock-found-findymail-hook-twice", "mock-none", "mock-unknown"]) {
    await user.reveal(personId);
  }
  await fake.advance();

  const { entries } = await fake.call("GET", `/accounts/${user.settings.apiKey}/ledger`);

  const { ledger } = await user.get("/status");
  assert.deepEqual(
    ledger.map(({ provider, credits }) => [provider, credits]).sort(),
    entries.map(({ provider, amount }) => [provider, -amount]).sort(),
  );
});

test("on a Prospect plan the document without a trackingId finds its lookup", async (context) => {
  const user = await begin(context, { plan: "prospect" });
  const id = await user.reveal("mock-found");

  await fake.advance();

  assert.equal(await user.state(id), "found");
  assert.equal((await user.get("/status")).spent, 1);
});

test("a throttled lookup waits as long as it is told", async (context) => {
  const user = await begin(context, { requestsPerMinute: 1 });
  await user.reveal("mock-found-after-1");
  const second = await user.reveal("mock-found-after-2");
  await fake.advance(59);
  await user.worker.tick();
  assert.equal(await user.state(second), "queued");

  await fake.advance(1);
  await user.worker.tick();

  assert.equal(await user.state(second), "waiting");
});

test("without credits sending stops, the owner is told, and it goes on after a top-up", async (context) => {
  const user = await begin(context, { credits: 0 });
  const id = await user.reveal("mock-found");
  const { held, notices } = await user.get("/status");
  assert.match(held, /^402 /);
  assert.equal(notices.length, 1);
  await fake.advance(600);
  await user.worker.tick();
  assert.equal(await user.state(id), "queued");

  await fake.call("PATCH", `/accounts/${user.settings.apiKey}`, { topUp: 100 });
  await fake.advance(600);
  await user.worker.tick();

  assert.equal(await user.state(id), "waiting");
});

test("a key that is no longer good stops it until the owner says so", async (context) => {
  const user = await begin(context, { apiAccess: false });
  const id = await user.reveal("mock-found");
  await fake.call("PATCH", `/accounts/${user.settings.apiKey}`, { apiAccess: true });
  await fake.advance(3600);
  await user.worker.tick();
  assert.equal(await user.state(id), "queued");

  await fetch(`${user.settings.publicUrl}/resume`, { method: "POST" });
  await user.worker.tick();

  assert.equal(await user.state(id), "waiting");
});

test("after a crash a match is never sent again; its webhook is waited for", async (context) => {
  const user = await begin(context);
  const { apiKey } = user.settings;
  await fake.call("POST", "/faults", {
    when: { apiKey, operationId: "revealPhone" },
    times: 1,
    then: { delaySeconds: 30 },
  });
  const id = await user.ask("mock-found");
  user.worker.tick().catch(() => {}); // and it is never heard of again
  while (!(await fake.jobs(apiKey)).length);
  user.close();

  const again = await application(context, { fake, ...user.settings });
  await again.worker.tick();
  assert.equal(await again.state(id), "asking");
  await fake.advance();

  assert.equal((await fake.jobs(apiKey)).length, 1);
  assert.equal(await again.state(id), "found");
});
