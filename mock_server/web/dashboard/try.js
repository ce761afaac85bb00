// Owns trying it: a match is sent to the built-in inbox, and what comes of it is shown: answer, search, webhook.

import { call, copy, curl, query, request } from "./api.js";
import { button, card, code, el, empty, facts, headers, pill } from "./dom.js";
import { statusKind } from "./exchange.js";
import { MatchForm } from "./matchform.js";
import { Strip } from "./strip.js";
import { resultOf, webhookOf } from "./summary.js";
import { instant, time } from "./time.js";

const FIRST =
  "The answer, the search and the webhook appear here as they happen. On a manual clock, move the time with the buttons above.";
const AGAIN = 250; // milliseconds: how soon an inbox is read after something came

export class TryIt {
  constructor(app) {
    Object.assign(this, { app, job: null, inbox: null });
    this.strip = new Strip(app.clock);
    this.line = code("", "The same with curl");
    this.form = new MatchForm(app.rules, { changed: () => this.preview(), send: () => this.send() });
    this.answer = el("div");
    this.search = el("div", { hidden: true });
    this.words = el("p", { class: "under" });
    this.webhooks = el("div");
    this.search.append(card("What happens", this.strip.element, this.words));
    this.element = el(
      "div",
      { class: "view try" },
      el(
        "div",
        { class: "side" },
        el("h1", {}, "Try it"),
        this.form.element,
        el(
          "div",
          { class: "card" },
          el("h2", {}, "The same with curl"),
          this.line,
          button("Copy", () => app.say(copy(this.line.textContent), "Copied")),
        ),
      ),
      el("div", { class: "detail", "aria-live": "polite" }, this.answer, this.search, this.webhooks),
    );
    this.answer.append(empty("Send a match", el("p", {}, FIRST)));
    this.preview();
  }

  preview() {
    this.line.textContent = curl({
      method: "POST",
      url: location.origin + this.app.reveal.path,
      headers: { "X-API-KEY": this.form.key, "Content-Type": "application/json" },
      body: this.form.body("try"),
    });
  }

  async send() {
    const inbox = `try-${Math.random().toString(36).slice(2, 8)}`;
    const { answers, key } = this.form;
    Object.assign(this, { inbox, job: null, messages: 0 });
    this.webhooks.replaceChildren();
    this.search.hidden = true;
    this.answer.replaceChildren(card("Answer", el("p", { class: "quiet-text" }, "It is waited for …")));
    if (!(await this.app.say(call("PUT", `/inbox/${inbox}`, { answers })))) return;
    const answered = await this.app.say(
      request("POST", this.app.reveal.path, key, this.form.body(inbox)).catch((error) => {
        throw new Error(`No answer: the connection was broken off (${error.message}).`);
      }),
    );
    this.job = answered?.body?.trackingId ?? null;
    this.answer.replaceChildren(
      card("Answer", ...(answered ? this.answered(answered) : [el("p", {}, "None: the connection was broken off.")])),
    );
    this.tick();
  }

  answered({ status, headers: named, body }) {
    const retry = named["retry-after"];
    return [
      el(
        "p",
        { class: "under" },
        pill(status, statusKind(status)),
        el("span", {}, status < 300 ? "accepted" : "refused"),
        retry ? el("span", {}, `Retry-After: ${retry}`) : null,
      ),
      code(body, "The answer's body"),
      this.why(),
    ];
  }

  /** Why it was answered so is in the journal. */
  why() {
    const told = el("div");
    const mine = { operationId: "revealPhone", apiKey: this.form.key, trackingId: this.job, limit: 1 };
    call("GET", `/requests${query(mine)}`).then(
      ({ requests: [newest] }) => newest && told.replaceChildren(facts([["Why", newest.why]])),
      () => {},
    );
    return told;
  }

  update(events) {
    if (events.some(({ name, data }) => name === "messageReceived" && data.inbox === this.inbox)) this.soon();
    if (this.job) this.tick();
  }

  soon() {
    this.timer ??= setTimeout(async () => {
      this.timer = null;
      const { inbox } = this;
      const found = await this.app.say(call("GET", `/inbox/${inbox}`));
      if (found && inbox === this.inbox) this.received(found.messages);
    }, AGAIN);
  }

  received(messages) {
    for (const each of messages.slice(this.messages)) {
      this.messages += 1;
      this.webhooks.append(
        card(
          `Webhook ${this.messages}`,
          el(
            "p",
            { class: "under" },
            pill("received", "delivered"),
            el("span", {}, `at ${time(instant(each.receivedAt))}`),
          ),
          code(each.body, `Body of webhook ${this.messages}`),
          el("details", {}, el("summary", {}, "Headers"), headers(each.headers, `Headers of webhook ${this.messages}`)),
        ),
      );
    }
  }

  tick() {
    const job = this.job && this.app.jobs.get(this.job);
    this.search.hidden = !job;
    if (!job) return;
    const [result, webhook] = [resultOf(job), webhookOf(job, this.app.clock.now())];
    this.strip.show(job);
    this.words.replaceChildren(
      pill(result.text, result.kind),
      webhook.text ? pill(webhook.text, webhook.kind) : "",
      el("a", { href: `#/jobs/${encodeURIComponent(job.id)}` }, "All about this job"),
    );
  }

  close() {
    this.strip.close();
    clearTimeout(this.timer);
  }
}
