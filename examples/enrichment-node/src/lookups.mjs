// Owns the life of lookups: decided in memory, kept as events in the journal, and read from there after a restart.

import { randomBytes, randomUUID, timingSafeEqual } from "node:crypto";

import { Journal } from "./journal.mjs";
import { creditsOf } from "./results.mjs";

/** States in which a result is welcome: `lost` is one, for it was paid. */
const OPEN = new Set(["queued", "asking", "waiting", "lost"]);
const ASK_AGAIN = new Set(["refused", "outOfCredits", "lost"]);

/** Nobody was given a webhook URL with this token. */
export class UnknownToken extends Error {}

/** The result is of another job than the one that the URL was made for. */
export class AnotherJob extends Error {}

/** Changes take effect in memory at once; what is told to others has to wait for `durable`. */
export class Lookups {
  #journal;
  #reloading;

  /** Goes on from the journal at `path`, if there is one. */
  static async open(path) {
    const lookups = new Lookups();
    lookups.#journal = await Journal.open(path);
    lookups.#replay(await lookups.#journal.read());
    return lookups;
  }

  /** Resolves when everything so far is on the disk. Rejects where it cannot be; then what was not never happened. */
  async durable() {
    try {
      await this.#journal.durable();
    } catch (error) {
      this.#reloading ??= this.#reload().finally(() => {
        this.#reloading = undefined;
      });
      await this.#reloading;
      throw error;
    }
  }

  /** The person's lookup: the one there is, so that nobody is paid for twice, or a new one. */
  ask(personId, at) {
    const known = this.byPerson.get(personId);
    if (known && !ASK_AGAIN.has(known.state)) return known;
    const id = randomUUID();
    this.#note({ type: "asked", id, personId, token: randomBytes(18).toString("base64url"), at });
    return this.byId.get(id);
  }

  /** Lookups to be sent now. They are `asking` before the request leaves: after a crash none is sent twice. */
  takeQueued(at, limit) {
    const due = [...this.byId.values()].filter((each) => each.state === "queued" && each.dueAt <= at);
    const taken = due.slice(0, limit);
    for (const { id } of taken) this.#note({ type: "sending", id, at });
    return taken;
  }

  /** Lookups whose webhook has not come in time. */
  unfinished(at) {
    const open = (each) => each.state === "asking" || each.state === "waiting";
    return [...this.byId.values()].filter((each) => open(each) && each.dueAt <= at);
  }

  /** The match was accepted; `dueAt` is when to poll. A trackingId that another lookup has is no answer. */
  accept(id, trackingId, at, dueAt) {
    this.#note({ type: "accepted", id, trackingId, at, dueAt });
  }

  /** It was not accepted; it is sent again later. */
  putBack(id, dueAt, why) {
    if (this.byId.get(id).state === "asking") this.#note({ type: "putBack", id, dueAt, why });
  }

  /** Look at it again later; after a restart, at once. */
  putOff(id, dueAt) {
    const lookup = this.byId.get(id);
    lookup.dueAt = dueAt;
    lookup.tries += 1;
  }

  /** It ends without a result; false where one had come meanwhile. */
  close(id, state, why) {
    const open = OPEN.has(this.byId.get(id).state);
    if (open) this.#note({ type: "closed", id, state, why });
    return open;
  }

  /** The result takes effect, once. */
  apply(id, result, at) {
    if (OPEN.has(this.byId.get(id).state)) this.#note({ type: "result", id, result, at });
  }

  /** A webhook. Throws UnknownToken, AnotherJob; whatever it repeats changes nothing. */
  receive(token, result, at, openToken) {
    let lookup = this.byToken.get(token);
    if (!lookup && !(openToken && same(token, openToken))) throw new UnknownToken();
    if (!result) return;
    if (lookup?.trackingId && result.trackingId && lookup.trackingId !== result.trackingId) {
      throw new AnotherJob();
    }
    lookup ??= this.find(result) ?? this.#stray(at);
    this.apply(lookup.id, result, at);
  }

  /** By trackingId, or else the person's newest lookup. */
  find({ trackingId, personId }) {
    return trackingId === undefined ? this.byPerson.get(personId) : this.byTracking.get(trackingId);
  }

  /** Send nothing: `pause` until a time, `credits` until there are some, `owner` until they say so. True if that is news. */
  holdBack(kind, until, why) {
    const news = !this.hold || (this.hold.kind === "pause" && (kind !== "pause" || until > this.hold.until));
    if (news) this.#note({ type: "held", kind, until, why });
    return news;
  }

  lookAgain(until) {
    this.hold.until = until;
  }

  release() {
    if (this.hold) this.#note({ type: "released" });
  }

  /** Tell the owner: in the log, and at GET /status. */
  notify(text) {
    console.warn(text);
    this.#note({ type: "notice", text });
  }

  get spent() {
    return this.ledger.reduce((sum, each) => sum + each.credits, 0);
  }

  /** A place for a result that was asked for elsewhere. */
  #stray(at) {
    const id = randomUUID();
    this.#note({ type: "asked", id, at });
    return this.byId.get(id);
  }

  #note(event) {
    this.#reduce(event);
    this.#journal.append(event);
  }

  async #reload() {
    const events = await this.#journal.read();
    this.#replay(events);
    this.#journal.mend();
  }

  #replay(events) {
    this.byId = new Map();
    this.byToken = new Map();
    this.byPerson = new Map();
    this.byTracking = new Map();
    this.ledger = [];
    this.notices = [];
    this.hold = null;
    for (const event of events) this.#reduce(event);
  }

  #reduce(event) {
    const lookup = this.byId.get(event.id);
    switch (event.type) {
      case "asked":
        return this.#add(event);
      case "sending":
        return Object.assign(lookup, { state: "asking", askedAt: event.at, dueAt: event.at });
      case "accepted":
        return this.#accepted(lookup, event);
      case "putBack":
        return Object.assign(lookup, { state: "queued", dueAt: event.dueAt, why: event.why, tries: lookup.tries + 1 });
      case "closed":
        return Object.assign(lookup, { state: event.state, why: event.why });
      case "result":
        return this.#applied(lookup, event.result, event.at);
      case "held":
        return (this.hold = { kind: event.kind, until: event.until, why: event.why });
      case "released":
        return (this.hold = null);
      case "notice":
        return this.notices.push(event.text);
    }
  }

  #add({ id, personId, token, at }) {
    const lookup = { id, personId, token, state: "queued", numbers: [], dueAt: at, tries: 0, applied: 0 };
    this.byId.set(id, token ? lookup : { ...lookup, state: "waiting", askedAt: at });
    if (token) this.byToken.set(token, lookup);
    if (personId !== undefined) this.byPerson.set(personId, lookup);
  }

  /** Its result may be here already: under its token, or as a stray. */
  #accepted(lookup, { trackingId, at, dueAt }) {
    const stray = this.byTracking.get(trackingId);
    if (stray?.token && stray !== lookup) return;
    if (lookup.state === "asking") lookup.state = "waiting";
    lookup.trackingId ??= trackingId;
    Object.assign(lookup, { dueAt, tries: 0 });
    this.byTracking.set(trackingId, lookup);
    if (stray && stray !== lookup) {
      this.byId.delete(stray.id);
      this.ledger = this.ledger.filter((each) => each.id !== stray.id);
      this.#applied(lookup, { ...stray, trackingId }, at);
    }
  }

  /** Number and debit are one step. */
  #applied(lookup, { state, provider, numbers, trackingId, personId }, at) {
    Object.assign(lookup, { state, provider, numbers, why: undefined, applied: lookup.applied + 1 });
    lookup.trackingId ??= trackingId;
    lookup.personId ??= personId;
    if (trackingId !== undefined) this.byTracking.set(trackingId, lookup);
    if (personId !== undefined && !this.byPerson.has(personId)) this.byPerson.set(personId, lookup);
    const credits = creditsOf(lookup);
    if (credits) this.ledger.push({ id: lookup.id, at, provider, credits });
  }
}

function same(given, secret) {
  const [one, other] = [Buffer.from(given), Buffer.from(secret)];
  return one.length === other.length && timingSafeEqual(one, other);
}
