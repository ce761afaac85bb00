// Owns the calls of Clodura's API: every call ends in an answer as a value, whatever the network does. Decides nothing.

const PATIENCE = 20_000; // milliseconds
const NEVER_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);

export class Clodura {
  constructor(baseUrl, apiKey) {
    this.baseUrl = baseUrl;
    this.apiKey = apiKey;
  }

  match(personId, webhookUrl) {
    const body = { personId, revealPhoneNumberViaPartners: true, webhookUrl };
    return this.#call("POST", "/api/v1/search/people/phone/match", body);
  }

  track(trackingId) {
    return this.#call("GET", `/api/v1/search/people/track/${encodeURIComponent(trackingId)}`);
  }

  credits() {
    return this.#call("GET", "/api/v1/credits");
  }

  /** `{status, document, retryAfter, sent}`: see decisions.mjs. */
  async #call(method, path, body) {
    try {
      const response = await fetch(this.baseUrl + path, {
        method,
        headers: { "X-API-KEY": this.apiKey, "Content-Type": "application/json" },
        body: body && JSON.stringify(body),
        redirect: "error", // a POST that became a GET would be neither sent nor refused
        signal: AbortSignal.timeout(PATIENCE),
      });
      return {
        status: response.status,
        document: parsed(await response.text()),
        retryAfter: milliseconds(response.headers.get("Retry-After")),
        sent: true,
      };
    } catch (error) {
      return { status: 0, sent: !NEVER_SENT.has(error.cause?.code) };
    }
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The header's other form, a date, is not Clodura's. */
function milliseconds(retryAfter) {
  return /^\d+$/.test(retryAfter ?? "") ? Number(retryAfter) * 1000 : undefined;
}
