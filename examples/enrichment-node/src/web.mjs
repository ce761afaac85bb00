// Owns what others call: the application's own API, and the webhook.

import { createServer } from "node:http";

import { Clodura } from "./clodura.mjs";
import { AnotherJob, UnknownToken } from "./lookups.mjs";
import { NotAResult, readResult } from "./results.mjs";

const LONGEST_BODY = 256 * 1024;
const PATIENCE = 10_000; // milliseconds for a request to come in

/** The request is answered with this status and these words. */
class Refused extends Error {
  constructor(status, why, headers = {}) {
    super(why);
    this.status = status;
    this.headers = headers;
  }
}

/** The server, not listening yet. */
export function createWeb(settings, lookups, now) {
  const handlers = {
    "POST /webhooks/clodura": webhook,
    "POST /lookups": ask,
    "GET /status": status,
    "POST /resume": resume,
    "GET /probe": probe,
    "POST /drive": drive,
  };
  const methods = new Map(Object.keys(handlers).map((each) => each.split(" ").reverse()));

  /** Clodura's result. 2xx is a promise; what is no result is refused, and a retry of it is pointless. */
  async function webhook(request, query) {
    const result = readResult(await documentOf(request));
    lookups.receive(query.get("token") ?? "", result, now(), settings.openToken);
    return [204];
  }

  /** A colleague wants a number. The worker does the rest. */
  async function ask(request) {
    const personId = personOf(await documentOf(request));
    return [202, shown(lookups.ask(personId, now()))];
  }

  /** For the owner: is anything held back, what was spent, what should they know. */
  async function status() {
    const { hold, spent, ledger, notices } = lookups;
    return [200, { held: hold?.why ?? null, spent, ledger, notices: notices.slice(-20) }];
  }

  /** The owner has mended what stopped the sending. */
  async function resume() {
    lookups.release();
    return [204];
  }

  /** What became of a result, for `clodura-kit receiver --probe`. */
  async function probe(request, query) {
    onlyForTests(query);
    const [trackingId, personId] = ["trackingId", "personId"].map((name) => query.get(name) ?? undefined);
    const lookup = lookups.find({ trackingId, personId });
    if (!lookup) throw new Refused(404, "no such result");
    return [200, { state: lookup.state, phoneNumbers: lookup.numbers, appliedCount: lookup.applied }];
  }

  /** A lookup by another API and key, for `clodura-kit receiver --drive`. */
  async function drive(request, query) {
    onlyForTests(query);
    const document = await documentOf(request);
    const lookup = lookups.ask(personOf(document), now());
    lookup.clodura = new Clodura(document.baseUrl, document.apiKey); // in memory alone: a key is not written down
    return [202, shown(lookup)];
  }

  function onlyForTests(query) {
    if (!settings.openToken || query.get("token") !== settings.openToken) throw new Refused(404, "not found");
  }

  async function answerTo(request) {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    const one = /^\/lookups\/([\w-]+)$/.exec(pathname);
    if (one && request.method === "GET") {
      const lookup = lookups.byId.get(one[1]);
      if (!lookup) throw new Refused(404, "no such lookup");
      return [200, shown(lookup)];
    }
    const handler = handlers[`${request.method} ${pathname}`];
    if (!handler) {
      const allow = methods.get(pathname);
      throw allow ? new Refused(405, "another method", { Allow: allow }) : new Refused(404, "not found");
    }
    const answer = await handler(request, searchParams);
    await lookups.durable(); // whatever is told rests on the disk, a copy's answer too
    return answer;
  }

  const server = createServer({ requestTimeout: PATIENCE, connectionsCheckingInterval: 1000 });
  server.on("request", async (request, response) => {
    const [code, body, headers] = await answerTo(request).catch(refusal);
    response.writeHead(code, { ...(body && { "Content-Type": "application/json" }), ...headers });
    response.end(body && JSON.stringify(body));
  });
  return server;
}

function shown({ id, personId, state, numbers, why }) {
  return { id, personId, state, phoneNumbers: numbers, why };
}

function personOf(document) {
  const personId = document?.personId;
  if (typeof personId !== "string" || !personId.trim()) throw new Refused(422, "a personId is needed");
  return personId;
}

/** Throws Refused for a body that is too long, cut or no JSON. */
async function documentOf(request) {
  const chunks = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += chunk.length;
      if (size > LONGEST_BODY) throw new Refused(413, `more than ${LONGEST_BODY} bytes`, { Connection: "close" });
      chunks.push(chunk);
    }
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)));
  } catch (error) {
    throw error instanceof Refused ? error : new Refused(400, "no JSON");
  }
}

/** What cannot be stored is not acknowledged: Clodura sends it again. */
function refusal(error) {
  if (error instanceof Refused) return [error.status, { error: error.message }, error.headers];
  if (error instanceof NotAResult) return [422, { error: error.message }];
  if (error instanceof UnknownToken) return [401, { error: "unknown token" }];
  if (error instanceof AnotherJob) return [422, { error: "this URL was made for another job" }];
  if (error.code === "ERR_INVALID_URL") return [400, { error: "no URL" }];
  console.error(error);
  return [503, { error: "try again" }, { "Retry-After": "5" }];
}
