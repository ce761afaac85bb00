// Owns what the tests need around the application: the fake in a process of its own, and the application on its clock.
//
//   CLODURA_KIT   the command that starts the fake   [clodura-kit]

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { createApplication } from "../src/application.mjs";

const PLACE = /serves Clodura's Reveal Phone API at (\S+)/;

/** `clodura-kit serve` on a manual clock; a test has accounts of its own on it. */
export class Fake {
  static async start() {
    const command = process.env.CLODURA_KIT ?? "clodura-kit";
    const fake = new Fake();
    fake.process = spawn(command, ["serve", "--port", "0", "--clock", "manual", "--seed", "1"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: fake.process.stdout })) {
      if ((fake.url = PLACE.exec(line)?.[1])) break;
    }
    if (!fake.url) throw new Error(`${command} did not start: install clodura-kit, or say where it is, as in CLODURA_KIT=../../.venv/bin/clodura-kit`);
    fake.process.stdout.resume();
    fake.time = Date.parse((await fake.call("GET", "/clock")).now);
    return fake;
  }

  async stop() {
    this.process.kill();
    await once(this.process, "exit");
  }

  async account(fields = {}) {
    const { apiKey } = await this.call("POST", "/accounts", { plan: "max", ...fields });
    return apiKey;
  }

  /** Let time pass: what is due by then is done when this returns, webhooks included. */
  async advance(seconds) {
    const { now } = await this.call("POST", "/clock/advance", seconds ? { seconds } : { to: "idle" });
    this.time = Date.parse(now);
  }

  async jobs(apiKey) {
    return (await this.call("GET", `/jobs?apiKey=${apiKey}`)).jobs;
  }

  async call(method, path, body) {
    const response = await fetch(`${this.url}/_mock${path}`, { method, body: body && JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text && JSON.parse(text);
  }
}

/** The application, its journal in a folder of the test's own; `context` is the test's. */
export async function application(context, { fake, apiKey, ...settings } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "enrichment-"));
  const all = {
    baseUrl: fake?.url,
    apiKey,
    journal: join(folder, "enrichment.ndjson"),
    pollAfter: 60_000,
    giveUpAfter: 3_600_000,
    openToken: "open-sesame",
    ...settings,
  };
  const { server, worker, lookups } = await createApplication(all, () => fake?.time ?? 0);
  server.listen(all.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  all.port = server.address().port;
  all.publicUrl = `http://127.0.0.1:${all.port}`;
  const user = new User(all, worker, lookups, server);
  context.after(async () => {
    user.close();
    await rm(folder, { recursive: true });
  });
  return user;
}

/** What a user of the application does and sees. */
class User {
  constructor(settings, worker, lookups, server) {
    Object.assign(this, { settings, worker, lookups, server });
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }

  async ask(personId) {
    return (await this.get("/lookups", { method: "POST", body: JSON.stringify({ personId }) })).id;
  }

  /** Asked and sent. */
  async reveal(personId) {
    const id = await this.ask(personId);
    await this.worker.tick();
    return id;
  }

  async lookup(id) {
    return this.get(`/lookups/${id}`);
  }

  async state(id) {
    return (await this.lookup(id)).state;
  }

  async probe(query) {
    return this.get(`/probe?${new URLSearchParams({ token: this.settings.openToken, ...query })}`);
  }

  /** A webhook of the test's own; the status of its answer. */
  async deliver(document, token = this.settings.openToken) {
    const body = typeof document === "string" ? document : JSON.stringify(document);
    const url = `${this.settings.publicUrl}/webhooks/clodura?${new URLSearchParams({ token })}`;
    return (await fetch(url, { method: "POST", body })).status;
  }

  async get(path, options) {
    return (await fetch(this.settings.publicUrl + path, options)).json();
  }
}
