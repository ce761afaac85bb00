// An integrator's client for Node.js >= 20, without packages: node examples/client.mjs
//
//   CLODURA_URL          where the API is        [http://127.0.0.1:4020]
//   CLODURA_API_KEY      whose credits it spends [test_max_node]
//   NODE_EXTRA_CA_CERTS  the certificate of an HTTPS server that nobody else vouches for

import { createServer } from "node:http";

const URL_OF_API = process.env.CLODURA_URL ?? "http://127.0.0.1:4020";
const API_KEY = process.env.CLODURA_API_KEY ?? "test_max_node";
const PATIENCE = 60_000; // milliseconds until we give a result up

class CloduraError extends Error {
  constructor(status, { error, message }, retryAfter) {
    super(`${status} ${error}: ${message}`);
    this.status = status;
    this.retryAfter = retryAfter; // seconds, of a 429
  }
}

class Clodura {
  constructor(url, apiKey) {
    this.url = url;
    this.apiKey = apiKey;
  }

  reveal(body) {
    return this.#call("POST", "/api/v1/search/people/phone/match", body);
  }

  track(trackingId) {
    return this.#call("GET", `/api/v1/search/people/track/${encodeURIComponent(trackingId)}`);
  }

  credits() {
    return this.#call("GET", "/api/v1/credits");
  }

  async finished(trackingId) {
    for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
      const result = await this.track(trackingId);
      if (result.status !== "processing") return result;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    throw new Error(`no result of ${trackingId} after ${PATIENCE / 1000} s`);
  }

  async #call(method, path, body) {
    const response = await fetch(this.url + path, {
      method,
      headers: { "X-API-KEY": this.apiKey, "Content-Type": "application/json" },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    const document = await response.json();
    if (!response.ok) {
      throw new CloduraError(response.status, document, Number(response.headers.get("Retry-After")));
    }
    return document;
  }
}

/** A receiver of our own on a free port; `webhook` is the first document that comes. */
function receive() {
  return new Promise((listening) => {
    let arrived;
    const webhook = new Promise((resolve, reject) => {
      arrived = resolve;
      setTimeout(() => reject(new Error("no webhook came")), PATIENCE).unref();
    });
    const server = createServer((request, response) => {
      const chunks = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        response.writeHead(200).end();
        arrived(JSON.parse(Buffer.concat(chunks).toString()));
      });
    });
    server.listen(0, "127.0.0.1", () =>
      listening({ url: `http://127.0.0.1:${server.address().port}/webhook`, webhook, server }),
    );
  });
}

/** What a client does about each error. */
async function handled(name, deed) {
  try {
    await deed();
  } catch (error) {
    if (!(error instanceof CloduraError)) throw error;
    const what = {
      401: "check the key",
      402: "buy credits",
      404: "nobody has a number",
      422: "mend the request",
      429: `try again in ${error.retryAfter} s`,
    }[error.status];
    console.log(`${name}: ${error.message} -> ${what ?? "give up"}`);
    return;
  }
  throw new Error(`${name}: this should have been refused`);
}

const clodura = new Clodura(URL_OF_API, API_KEY);
const { url, webhook, server } = await receive();

const before = await clodura.credits();
const { trackingId } = await clodura.reveal({
  personId: "mock-found-signalhire",
  revealPhoneNumberViaPartners: true,
  webhookUrl: url,
});
console.log("accepted:", trackingId);

const byWebhook = await webhook;
const byPoll = await clodura.finished(trackingId);
server.close();
server.closeAllConnections();
console.log("webhook:", JSON.stringify(byWebhook));
if (JSON.stringify(byPoll) !== JSON.stringify(byWebhook)) throw new Error("poll and webhook differ");

const after = await clodura.credits();
console.log("charged:", before.remainingCredits - after.remainingCredits);

const found = { personId: "mock-found" };
const throttled = new Clodura(URL_OF_API, `test_throttled_${process.pid}`);
await handled("unknown key", () => new Clodura(URL_OF_API, "nobody").credits());
await handled("no credits", () => new Clodura(URL_OF_API, "test_exhausted").reveal(found));
await handled("no such person", () => clodura.reveal({ personId: "mock-unknown" }));
await handled("company page", () =>
  clodura.reveal({ linkedinUrl: "https://www.linkedin.com/company/clodura/" }),
);
await throttled.reveal(found);
await handled("too fast", () => throttled.reveal(found));
