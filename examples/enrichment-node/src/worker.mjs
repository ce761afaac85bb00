// Owns the work that nobody waits for: sending matches, and polling what no webhook brought.

import { LONGEST_PAUSE, afterMatch, afterPoll, enough, pauseBeforePoll } from "./decisions.mjs";

const AT_ONCE = 8;

/** `tick` does what is due, by the clock that it is given. */
export class Worker {
  #settings;
  #lookups;
  #clodura;
  #now;

  constructor(settings, lookups, clodura, now) {
    this.#settings = settings;
    this.#lookups = lookups;
    this.#clodura = clodura;
    this.#now = now;
  }

  async tick() {
    while (await this.#maySend()) {
      const batch = this.#lookups.takeQueued(this.#now(), AT_ONCE);
      if (!batch.length) break;
      await this.#lookups.durable(); // before the request leaves
      await Promise.all(batch.map((lookup) => this.#send(lookup)));
    }
    for (const lookup of this.#lookups.unfinished(this.#now())) await this.#poll(lookup);
    await this.#lookups.durable();
  }

  async #send(lookup) {
    const { id, personId, token, tries } = lookup;
    const url = `${this.#settings.publicUrl}/webhooks/clodura?token=${token}`;
    const decision = afterMatch(await this.#apiFor(lookup).match(personId, url), tries);
    const { why } = decision;
    const now = this.#now();
    switch (decision.kind) {
      case "accepted":
        this.#lookups.accept(id, decision.trackingId, now, now + this.#settings.pollAfter);
        break;
      case "closed":
        this.#lookups.close(id, decision.state, why);
        break;
      case "hold":
        this.#lookups.putBack(id, now + decision.pause, why);
        this.#lookups.holdBack("pause", now + decision.pause, why);
        break;
      case "stop":
        this.#lookups.putBack(id, now, why);
        if (this.#lookups.holdBack(decision.credits ? "credits" : "owner", now + LONGEST_PAUSE, why)) {
          this.#lookups.notify(`sending has stopped: ${why}`);
        }
        break;
      case "unsure":
        this.#lookups.putOff(id, now + LONGEST_PAUSE);
    }
  }

  async #poll(lookup) {
    const { id, trackingId, tries, askedAt } = lookup;
    const now = this.#now();
    const pause = pauseBeforePoll(tries, this.#settings.pollAfter);
    if (now - askedAt >= this.#settings.giveUpAfter) {
      this.#lose(id, `lookup ${id}: no result in ${(now - askedAt) / 1000} s; it may be paid for`);
    } else if (trackingId === undefined) {
      this.#lookups.putOff(id, now + pause);
    } else {
      const decision = afterPoll(await this.#apiFor(lookup).track(trackingId), pause);
      if (decision.kind === "result") this.#lookups.apply(id, decision.result, now);
      if (decision.kind === "closed") this.#lose(id, decision.why);
      if (decision.kind === "hold") this.#lookups.putOff(id, now + decision.pause);
    }
  }

  /** Tests give a lookup an API of its own. */
  #apiFor(lookup) {
    return lookup.clodura ?? this.#clodura;
  }

  #lose(id, why) {
    if (this.#lookups.close(id, "lost", why)) this.#lookups.notify(why);
  }

  async #maySend() {
    const { hold } = this.#lookups;
    if (!hold) return true;
    if (hold.kind === "owner" || hold.until > this.#now()) return false;
    if (hold.kind === "credits" && !enough((await this.#clodura.credits()).document)) {
      this.#lookups.lookAgain(this.#now() + LONGEST_PAUSE);
      return false;
    }
    this.#lookups.release();
    return true;
  }
}
