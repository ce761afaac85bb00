// Owns the page of one job: request, steps, charge, payloads, attempts, and what can be done with it.

import { call, copy, curl, query } from "./api.js";
import { button, el, missing, pill } from "./dom.js";
import { sentCurl } from "./exchange.js";
import { Fresh, Part } from "./fresh.js";
import * as PARTS from "./jobparts.js";
import { JOB_EVENTS } from "./jobs.js";
import { Strip } from "./strip.js";
import { resultOf, webhookOf } from "./summary.js";

/** Without what is left to wait, which is another number each time and told by the countdown. */
const still = (view) => ({ ...view, why: view.why.replace(/due in \S+ s: /, "") });

export class JobPage {
  constructor(app, id) {
    Object.assign(this, { app, id, view: null, asked: null });
    this.strip = new Strip(app.clock);
    this.parts = Object.fromEntries(
      Object.entries(PARTS).map(([name, draw]) => [
        name,
        new Part(el("div", { class: `part ${name}` }), (shown) => draw(shown, app)),
      ]),
    );
    this.countdown = el("p", { class: "countdown-line" });
    this.again = button("Send webhook again", () => this.redeliver(), { class: "primary" });
    this.copies = [
      button("Copy request as curl", () =>
        app.say(
          app.knowAccounts().then(() => copy(sentCurl(app, this.asked))),
          "Copied",
        ),
      ),
      button("Copy webhook as curl", () => app.say(copy(this.webhookCurl()), "Copied")),
    ];
    const { title, steps, charge, payloads, attempts, request } = this.parts;
    this.body = el(
      "div",
      { class: "job-body", hidden: true },
      title.element,
      el("div", { class: "actions" }, this.again, this.copies),
      el(
        "section",
        { class: "card" },
        el("h2", { class: "unseen" }, "On the time axis"),
        this.strip.element,
        this.countdown,
      ),
      el("div", { class: "columns" }, steps.element, charge.element),
      attempts.element,
      payloads.element,
      request.element,
    );
    this.problem = el("div");
    this.element = el(
      "div",
      { class: "view job" },
      el("a", { href: "#/", class: "back" }, "← Timeline"),
      this.problem,
      this.body,
    );
    this.fresh = new Fresh(() => this.read());
    this.fresh.touch();
  }

  close() {
    this.fresh.close();
    this.strip.close();
  }

  update(events) {
    const mine = events.some(
      ({ name, data }) =>
        (data.trackingId === this.id && (JOB_EVENTS.includes(name) || name === "requestAnswered")) ||
        name === "worldReset",
    );
    if (mine) this.fresh.touch();
  }

  async read() {
    try {
      const path = `/jobs/${encodeURIComponent(this.id)}`;
      [this.view, this.details] = await Promise.all([call("GET", path), call("GET", `${path}/details`)]);
      this.asked ??= await this.match();
      this.show();
    } catch (error) {
      this.body.hidden = true;
      this.problem.replaceChildren(missing("This job is not there", error.message, "#/", "To the timeline"));
    }
  }

  /** The request that made the job, while the journal keeps it. */
  async match() {
    const mine = { trackingId: this.id, operationId: "revealPhone", limit: 1 };
    return (await call("GET", `/requests${query(mine)}`)).requests[0];
  }

  show() {
    const { view, details, parts, asked } = this;
    this.problem.replaceChildren();
    this.body.hidden = false;
    this.job = this.app.jobs.read(view);
    parts.title.show([view.personId, view.trackingId, view.plan, view.key, view.createdAt, resultOf(this.job)]);
    parts.steps.show([view.steps, view.asking]);
    parts.charge.show([view.charged, view.charges, view.why]);
    parts.payloads.show([details.payloads, details.track]);
    parts.attempts.show([
      view.deliveries,
      view.pending.map(still),
      view.webhookUrl,
      details.headers,
      still({ why: view.deliveryWhy }).why,
    ]);
    parts.request.show(asked ?? null);
    this.again.hidden = !view.webhookUrl || !view.result;
    this.copies[0].hidden = !asked;
    this.copies[1].hidden = !view.webhookUrl || !view.result;
    this.tick();
  }

  tick() {
    if (!this.job) return;
    const now = this.app.clock.now();
    const { kind, text } = webhookOf(this.job, now);
    this.strip.show(this.job);
    this.countdown.replaceChildren(text ? pill(text, kind) : "");
  }

  async redeliver() {
    const done = await this.app.say(
      call("POST", `/jobs/${encodeURIComponent(this.id)}/redeliver`),
      "The webhook is due now",
    );
    if (done) this.fresh.touch();
  }

  webhookCurl() {
    return curl({ method: "POST", url: this.view.webhookUrl, headers: this.details.headers, body: this.view.result });
  }
}
