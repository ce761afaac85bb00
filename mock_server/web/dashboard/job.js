// Owns the page of one job: request, steps, charge, payloads, attempts, and what can be done with it.

import { call, copy, curl, query } from "./api.js";
import { button, card, code, el, empty, facts, headers, pill } from "./dom.js";
import { Fresh, Part } from "./fresh.js";
import { JOB_EVENTS } from "./jobs.js";
import { exchange, sentCurl } from "./exchange.js";
import { Strip } from "./strip.js";
import { resultOf, webhookOf } from "./summary.js";
import { full, instant, span, time } from "./time.js";

/** Without what is left to wait, which is another number each time and told by the countdown. */
const still = (view) => ({ ...view, why: view.why.replace(/due in \S+ s: /, "") });

const PAYLOADS = { standard: "Standard payload", multiProvider: "Multi-provider payload" };

export class JobPage {
  constructor(app, id) {
    Object.assign(this, { app, id, view: null, asked: null });
    this.strip = new Strip(app.clock);
    const parts = ["title", "steps", "charge", "payloads", "attempts", "request"];
    this.parts = Object.fromEntries(parts.map((name) => [name, new Part(el("div", { class: `part ${name}` }), (shown) => this[name](shown))]));
    this.countdown = el("p", { class: "countdown-line" });
    this.again = button("Send webhook again", () => this.redeliver(), { class: "primary" });
    this.copies = [
      button("Copy request as curl", () => app.say(app.knowAccounts().then(() => copy(sentCurl(app, this.asked))), "Copied")),
      button("Copy webhook as curl", () => app.say(copy(this.webhookCurl()), "Copied")),
    ];
    const { title, steps, charge, payloads, attempts, request } = this.parts;
    this.body = el(
      "div", { class: "job-body", hidden: true },
      title.element,
      el("div", { class: "actions" }, this.again, this.copies),
      el("section", { class: "card" }, el("h2", { class: "unseen" }, "On the time axis"), this.strip.element, this.countdown),
      el("div", { class: "columns" }, steps.element, charge.element), attempts.element, payloads.element, request.element,
    );
    this.problem = el("div");
    this.element = el("div", { class: "view job" }, el("a", { href: "#/", class: "back" }, "← Timeline"), this.problem, this.body);
    this.fresh = new Fresh(() => this.read());
    this.fresh.touch();
  }

  close() {
    this.fresh.close();
    this.strip.close();
  }

  update(events) {
    const mine = events.some(({ name, data }) => (data.trackingId === this.id && (JOB_EVENTS.includes(name) || name === "requestAnswered")) || name === "worldReset");
    if (mine) this.fresh.touch();
  }

  async read() {
    try {
      const path = `/jobs/${encodeURIComponent(this.id)}`;
      [this.view, this.details] = await Promise.all([call("GET", path), call("GET", `${path}/details`)]);
      if (!this.asked) [this.asked] = (await call("GET", `/requests${query({ trackingId: this.id, operationId: "revealPhone", limit: 1 })}`)).requests;
      this.show();
    } catch (error) {
      this.body.hidden = true;
      this.problem.replaceChildren(empty("This job is not there", el("p", {}, error.message), el("a", { href: "#/", class: "button" }, "To the timeline")));
    }
  }

  show() {
    const { view, details, parts, asked } = this;
    this.problem.replaceChildren();
    this.body.hidden = false;
    this.job = this.app.jobs.read(view);
    parts.title.show([view.personId, view.trackingId, view.plan, view.key, view.createdAt, resultOf(this.job), view.state]);
    parts.steps.show([view.steps, view.asking]);
    parts.charge.show([view.charged, view.charges, view.why]);
    parts.payloads.show([details.payloads, details.track]);
    parts.attempts.show([view.deliveries, view.pending.map(still), view.webhookUrl, details.headers, still({ why: view.deliveryWhy }).why]);
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
    const done = await this.app.say(call("POST", `/jobs/${encodeURIComponent(this.id)}/redeliver`), "The webhook is due now");
    if (done) this.fresh.touch();
  }

  webhookCurl() {
    return curl({ method: "POST", url: this.view.webhookUrl, headers: this.details.headers, body: this.view.result });
  }

  title([person, id, plan, key, createdAt, result]) {
    return [
      el("h1", { class: "person" }, person),
      el("p", { class: "under" }, pill(result.text, result.kind), el("code", {}, id), el("span", {}, `${this.app.planTitle(plan)} · key …${key} · queued ${full(instant(createdAt))}`)),
    ];
  }

  steps([steps, asking]) {
    const rows = steps.map((each) => el(
      "tr", {}, el("th", { scope: "row" }, each.provider), el("td", {}, pill(each.status, this.app.jobs.kind(each.status))),
      el("td", {}, each.phoneNumbers.join(", ") || "–"), el("td", {}, time(instant(each.askedAt)), el("small", {}, ` + ${span(instant(each.answeredAt) - instant(each.askedAt))}`)),
      el("td", { class: "why" }, each.why),
    ));
    if (asking) rows.push(el("tr", {}, el("th", { scope: "row" }, asking.provider), el("td", {}, pill("searching", "searching")), el("td", {}, "–"), el("td", {}, time(instant(asking.askedAt))), el("td", { class: "why" }, `answers at ${time(instant(asking.answersAt))}`)));
    return card("Steps", el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Steps" }, el(
      "table", {}, el("thead", {}, el("tr", {}, ["Provider", "Status", "Numbers", "Asked", "Why"].map((each) => el("th", { scope: "col" }, each)))), el("tbody", {}, rows),
    )));
  }

  charge([charged, charges, why]) {
    const kinds = Object.entries(charges).map(([kind, amount]) => [kind, `${amount}`]);
    return card("Charge", el("p", { class: "big" }, `${charged}`, el("small", {}, charged === 1 ? " credit" : " credits")), kinds.length > 1 ? facts(kinds) : null, el("p", { class: "quiet-text" }, why));
  }

  payloads([payloads, track]) {
    const columns = Object.entries(payloads).map(([name, document], n) => el(
      "div", {}, el("h3", {}, PAYLOADS[name] ?? name, " ", n === 0 ? pill("this plan", "delivered") : el("small", {}, "on other plans")), code(document, PAYLOADS[name] ?? name),
    ));
    columns.push(el("div", {}, el("h3", {}, `Track answers ${track.status}`), code(track.body, "What track answers")));
    return card("Payloads", el("div", { class: "sides" }, columns));
  }

  attempts([deliveries, pending, url, sent, why]) {
    if (!url) return card("Webhook", el("p", { class: "quiet-text" }, why));
    const done = deliveries.map((each) => el(
      "details", { class: "attempt" },
      el("summary", {}, el("b", {}, `#${each.attempt}`), pill(each.statusCode === null ? each.outcome : `${each.outcome} · ${each.statusCode}`, each.outcome),
        el("span", {}, each.sentAt ? time(instant(each.sentAt)) : "not sent"), el("span", {}, `${Math.round(each.durationMs * 10) / 10} ms`), el("span", { class: "why" }, each.error ?? each.why)),
      facts([["Why", each.why], ["Error", each.error], ["Due", full(instant(each.dueAt))], ["To", each.url]]), headers(sent, `Headers of attempt ${each.attempt}`),
    ));
    const next = pending.map((each) => el("p", { class: "attempt" }, el("b", {}, `#${each.attempt}`), pill("waits", "due"), el("span", {}, `due ${full(instant(each.dueAt))}`), el("span", { class: "why" }, each.why)));
    return card("Webhook attempts", facts([["To", url], ["Why", why]]), done, next);
  }

  request(asked) {
    return asked ? card("Request", exchange(asked)) : card("Request", el("p", { class: "quiet-text" }, "It is no longer in the journal."));
  }
}
