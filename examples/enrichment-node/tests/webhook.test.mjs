// The webhook as a sender sees it: whom it believes, what it refuses, and that its 2xx is a promise.

import assert from "node:assert/strict";
import { appendFile, mkdir, rename, rmdir } from "node:fs/promises";
import { test } from "node:test";

import { Lookups } from "../src/lookups.mjs";
import { application } from "./fake.mjs";

const NOBODY = { provider: "Clodura", status: "notFound", phoneNumbers: [] };
const WIZA = { provider: "Wiza", status: "found", phoneNumbers: ["+12025550143"] };
const FOUND = { trackingId: "t-1", status: "success", providers: [NOBODY, WIZA] };
const APPLIED = { state: "found", phoneNumbers: ["+12025550143"], appliedCount: 1 };

test("a wrong token is refused", async (context) => {
  const user = await application(context);

  assert.equal(await user.deliver(FOUND, "guessed"), 401);
  assert.deepEqual(await user.probe({ trackingId: "t-1" }), { error: "no such result" });
});

test("the token of another job is refused", async (context) => {
  const user = await application(context);
  const id = await user.ask("p-1");
  user.lookups.takeQueued(0, 1);
  user.lookups.accept(id, "t-2", 0, 0);
  const { token } = user.lookups.byId.get(id);

  assert.equal(await user.deliver(FOUND, token), 422);
  assert.equal(await user.deliver({ ...FOUND, trackingId: "t-2" }, token), 204);
});

test("a found number stays", async (context) => {
  const user = await application(context);
  const late = [{ trackingId: "t-1", status: "processing" }, { ...FOUND, providers: [NOBODY] }];

  for (const each of [FOUND, ...late]) assert.equal(await user.deliver(each), 204);

  assert.deepEqual(await user.probe({ trackingId: "t-1" }), APPLIED);
});

test("many copies at once count once", async (context) => {
  const user = await application(context);

  const answers = await Promise.all(Array.from({ length: 40 }, () => user.deliver(FOUND)));

  assert.deepEqual(new Set(answers), new Set([204]));
  assert.deepEqual(await user.probe({ trackingId: "t-1" }), APPLIED);
  assert.equal((await user.get("/status")).spent, 14);
});

for (const [document, status] of [
  ["", 400],
  ["{", 400],
  ["null", 422],
  [[], 422],
  [{ trackingId: "t-1" }, 422],
  [{ ...FOUND, trackingId: 17 }, 422],
  [{ ...FOUND, providers: {} }, 422],
  [{ ...FOUND, providers: [null] }, 422],
  [{ ...FOUND, providers: [{ ...WIZA, phoneNumbers: ["1"] }] }, 422],
  [{ personId: "p", phoneNumbers: "+12025550143" }, 422],
  [{ ...FOUND, note: "x".repeat(300_000) }, 413],
]) {
  test(`what is no result is refused: ${JSON.stringify(document).slice(0, 60)}`, async (context) => {
    const user = await application(context);

    assert.equal(await user.deliver(document), status);
    assert.deepEqual(await user.probe({ trackingId: "t-1" }), { error: "no such result" });
  });
}

test("what the API adds one day does no harm", async (context) => {
  const user = await application(context);
  const news = { provider: "New", status: "asleep", phoneNumbers: [], since: 1 };

  assert.equal(await user.deliver({ ...FOUND, providers: [news, WIZA], carrier: {} }), 204);
  assert.deepEqual(await user.probe({ trackingId: "t-1" }), APPLIED);
});

test("what was answered 2xx is there after a restart, and what a crash cut off harms nothing", async (context) => {
  const user = await application(context);
  await user.deliver(FOUND);
  await appendFile(user.settings.journal, '\n{"type":"asked","id":"cu');
  user.close();
  await (await application(context, user.settings)).deliver({ ...FOUND, trackingId: "t-2" });

  const lookups = await Lookups.open(user.settings.journal);

  for (const trackingId of ["t-1", "t-2"]) assert.equal(lookups.find({ trackingId }).applied, 1);
  assert.equal(lookups.spent, 28);
});

test("what cannot be stored is not acknowledged, a copy of it neither", async (context) => {
  context.mock.method(console, "error", () => {}); // it is logged
  const user = await application(context);
  const { journal } = user.settings;
  await user.deliver({ ...FOUND, trackingId: "t-0" });
  await rename(journal, `${journal}.away`);
  await mkdir(journal);
  const refused = await Promise.all(Array.from({ length: 8 }, () => user.deliver(FOUND)));
  assert.deepEqual(new Set(refused), new Set([503]));
  await rmdir(journal);
  await rename(`${journal}.away`, journal);

  assert.equal(await user.deliver(FOUND), 503); // it notices that all is well again
  assert.equal(await user.deliver(FOUND), 204);

  assert.deepEqual(await user.probe({ trackingId: "t-1" }), APPLIED);
  assert.equal((await Lookups.open(journal)).find({ trackingId: "t-1" }).applied, 1);
});

test("a trackingId that is given twice loses no lookup", async (context) => {
  const user = await application(context);
  const ids = [await user.ask("p-1"), await user.ask("p-2")];
  user.lookups.takeQueued(0, 2);

  for (const id of ids) user.lookups.accept(id, "t-1", 0, 0);

  assert.deepEqual(await Promise.all(ids.map((id) => user.state(id))), ["waiting", "asking"]);
});

test("a result that came before anybody knew its job is found later", async (context) => {
  const user = await application(context);
  await user.deliver(FOUND);
  const id = await user.ask("p-1");
  user.lookups.takeQueued(0, 1);

  user.lookups.accept(id, "t-1", 0, 0);

  assert.deepEqual((await user.lookup(id)).phoneNumbers, ["+12025550143"]);
  assert.equal((await user.get("/status")).spent, 14);
});
