// Owns one account as it is looked at: balance over time, ledger with reasons, rate window, topping up.

import { call } from "./api.js";
import { balancePoints, BalanceChart } from "./chart.js";
import { busy, card, el, facts, field, missing, table } from "./dom.js";
import { Part } from "./fresh.js";
import { full, instant, span, time } from "./time.js";

const SHOWN = 500; // rows of the ledger

export class Account {
  constructor(app, key, changed) {
    Object.assign(this, { app, key, changed });
    this.path = `/accounts/${encodeURIComponent(key)}`;
    this.chart = new BalanceChart();
    this.head = new Part(el("div", { class: "title" }), ([account]) => this.title(account));
    this.window = new Part(el("div", { class: "window" }), ([window, limit]) => this.rate(window, limit));
    this.ledger = new Part(el("div"), (entries) => this.rows(entries));
    this.body = [
      el("a", { href: "#/accounts", class: "back" }, "← Accounts"),
      this.head.element,
      el("div", { class: "actions" }, this.topping()),
      card("Balance", this.chart.element),
      card("Rate window", this.window.element),
      card("Ledger", this.ledger.element),
    ];
    this.element = el("div", { class: "detail" });
  }

  close() {
    this.chart.close();
  }

  tick() {
    if (!this.account) return;
    const { window, requestsPerMinute } = this.account;
    this.window.show([window, requestsPerMinute, Math.floor(this.app.clock.now() / 1000)]);
  }

  async read() {
    try {
      const [account, { entries }] = await Promise.all([call("GET", this.path), call("GET", `${this.path}/ledger`)]);
      this.account = account;
      this.show(account, entries);
    } catch (error) {
      this.element.replaceChildren(
        missing("This account is not there", error.message, "#/accounts", "To the accounts"),
      );
    }
  }

  show(account, entries) {
    if (!this.body[0].isConnected) this.element.replaceChildren(...this.body);
    const { spentOnPhones } = this.app.plan(account.plan);
    this.head.show([account]);
    this.ledger.show(entries);
    this.chart.show(balancePoints(account, entries, spentOnPhones), this.app.clock.now());
    this.tick();
  }

  title(account) {
    return [
      el("h1", { class: "person" }, account.apiKey),
      el("p", { class: "big" }, account.credits.toLocaleString("en"), el("small", {}, " credits left for phones")),
      facts([
        ["Plan", this.app.planTitle(account.plan)],
        ["API access", account.apiAccess ? "yes" : "no"],
        ["Opened", full(instant(account.createdAt))],
        ["/credits tells", el("code", {}, JSON.stringify(account.balance))],
      ]),
    ];
  }

  rate(window, limit) {
    const started = window.startedAt === null ? null : instant(window.startedAt);
    const left = started === null ? 0 : started + window.seconds * 1000 - this.app.clock.now();
    const count = left > 0 ? window.count : 0;
    return [
      el("meter", {
        min: "0",
        max: String(Math.max(limit, 1)),
        value: String(Math.min(count, limit)),
        high: String(limit * 0.8),
        low: "0",
        optimum: "0",
        "aria-label": "Matches in this window",
      }),
      el(
        "p",
        {},
        el("b", {}, `${count} of ${limit}`),
        ` matches; ${left > 0 ? `the window ends in ${span(left)}` : `a window of ${span(window.seconds * 1000)} begins with the next`}`,
      ),
    ];
  }

  rows(entries) {
    if (!entries.length)
      return el("p", { class: "quiet-text" }, "Nothing was charged yet. The opening balance is no entry.");
    const shown = entries.slice(-SHOWN).reverse();
    const heads = ["At", "Amount", "Balance", "Kind", "Provider", "Why", "Job"];
    return [
      table(
        "Ledger",
        heads,
        shown.map((each) => this.row(each)),
      ),
      entries.length > SHOWN ? el("p", { class: "quiet-text" }, `The newest ${SHOWN} of ${entries.length}.`) : null,
    ];
  }

  row(each) {
    const job = this.app.jobs.get(each.trackingId)
      ? el("a", { href: `#/jobs/${encodeURIComponent(each.trackingId)}` }, `${each.trackingId.slice(0, 8)}…`)
      : each.trackingId;
    return el(
      "tr",
      {},
      el("td", { title: full(instant(each.at)) }, time(instant(each.at))),
      el(
        "td",
        { class: `number ${each.amount < 0 ? "spent" : "granted"}` },
        `${each.amount > 0 ? "+" : "−"}${Math.abs(each.amount)}`,
      ),
      el("td", { class: "number" }, each.balanceAfter.toLocaleString("en")),
      el("td", {}, each.kind),
      el("td", {}, each.provider ?? "–"),
      el("td", { class: "why" }, each.why),
      el("td", {}, job),
    );
  }

  topping() {
    const amount = el("input", {
      type: "number",
      value: "100",
      min: "-1000000000",
      max: "1000000000",
      step: "1",
      required: true,
    });
    const form = el(
      "form",
      { class: "inline" },
      field("Credits", amount),
      el("button", { class: "primary" }, "Top up"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      busy(form, () => this.topUp(amount.valueAsNumber));
    });
    return form;
  }

  async topUp(credits) {
    await this.app.say(call("PATCH", this.path, { topUp: credits }), "Topped up");
    this.changed();
  }
}
