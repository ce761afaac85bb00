// Owns the accounts: their list, one account's balance, ledger and rate window; adding one and topping up.

import { call } from "./api.js";
import { balancePoints, BalanceChart } from "./chart.js";
import { busy, button, card, el, empty, facts, field, select } from "./dom.js";
import { Fresh, Part } from "./fresh.js";
import { VirtualList } from "./list.js";
import { full, instant, span, time } from "./time.js";

const ABOUT = new Set(["accountOpened", "accountChanged", "accountClosed", "creditsCharged", "requestAnswered", "worldReset"]);
const PAUSE = 500; // milliseconds
const SHOWN = 500; // rows of the ledger

export class Accounts {
  constructor(app, key) {
    Object.assign(this, { app, key, text: "" });
    this.list = new VirtualList({
      label: "Accounts", id: (each) => each.apiKey,
      name: (each) => `${each.apiKey}, ${app.planTitle(each.plan)}, ${each.credits} credits`,
      draw: (row, each) => row.replaceChildren(
        el("span", { class: "who" }, el("strong", {}, each.apiKey), el("small", {}, app.planTitle(each.plan), each.apiAccess ? "" : " · no API access")),
        el("span", { class: "amount" }, each.credits.toLocaleString("en")),
      ),
      open: (each) => app.go(`#/accounts/${encodeURIComponent(each.apiKey)}`),
    });
    const search = el("input", { type: "search", placeholder: "Find a key", "aria-label": "Only accounts whose key contains this", "data-search": true, on: { input: ({ target }) => { this.text = target.value.trim(); this.show(); } } });
    this.none = el("div");
    this.detail = el("div", { class: "detail" });
    this.element = el(
      "div", { class: "view split accounts", "data-open": String(key !== null) },
      el("div", { class: "side" }, el("div", { class: "toolbar" }, el("h1", {}, "Accounts"), search), this.list.element, this.none, this.adding()),
      this.detail,
    );
    this.build();
    this.fresh = new Fresh(() => this.read(), PAUSE);
    this.fresh.touch();
  }

  close() {
    this.fresh.close();
    this.list.close();
    this.chart?.close();
  }

  update(events) {
    if (events.some(({ name }) => ABOUT.has(name))) this.fresh.touch();
  }

  tick() {
    this.window?.show([this.account?.window, this.account?.requestsPerMinute, Math.floor(this.app.clock.now() / 1000)]);
  }

  async read() {
    await this.app.say(this.app.readAccounts());
    this.show();
    if (this.key !== null) await this.readOne();
  }

  show() {
    const { accounts } = this.app;
    this.list.show(accounts.filter((each) => each.apiKey.includes(this.text)).reverse());
    const chosen = accounts.find((each) => each.apiKey === this.key);
    if (chosen && !this.chosen) this.list.choose((this.chosen = chosen)); // once: then the keys move on from there
    this.list.element.hidden = !this.list.items.length;
    this.none.replaceChildren(...(accounts.length ? [] : [empty("No account yet", el("p", {}, "A key such as ", el("code", {}, "test_max"), " comes into being with its first request. Or add one here."))]));
  }

  async readOne() {
    try {
      const path = `/accounts/${encodeURIComponent(this.key)}`;
      const [account, { entries }] = await Promise.all([call("GET", path), call("GET", `${path}/ledger`)]);
      Object.assign(this, { account, entries });
      this.showOne();
    } catch (error) {
      this.detail.replaceChildren(empty("This account is not there", el("p", {}, error.message), el("a", { href: "#/accounts", class: "button" }, "To the accounts")));
    }
  }

  /** What stays while it is looked at: only its numbers change. */
  build() {
    if (this.key === null) {
      this.detail.replaceChildren(empty("Choose an account", el("p", {}, "Its balance over time, its ledger with the reason of each charge, and its rate window are shown here.")));
      return;
    }
    this.chart = new BalanceChart();
    this.head = new Part(el("div", { class: "title" }), ([account]) => this.title(account));
    this.window = new Part(el("div", { class: "window" }), ([window, limit]) => this.rate(window, limit));
    this.ledger = new Part(el("div"), (entries) => this.rows(entries));
    const amount = el("input", { type: "number", name: "amount", value: "100", min: "-1000000000", max: "1000000000", step: "1", required: true });
    this.top = el("form", { class: "inline", on: { submit: (event) => this.topUp(event, amount) } }, field("Credits", amount), el("button", { class: "primary" }, "Top up"));
  }

  showOne() {
    const { account, entries } = this;
    if (!this.head.element.isConnected) {
      this.detail.replaceChildren(
        el("a", { href: "#/accounts", class: "back" }, "← Accounts"), this.head.element, el("div", { class: "actions" }, this.top),
        card("Balance", this.chart.element), card("Rate window", this.window.element), card("Ledger", this.ledger.element),
      );
    }
    this.head.show([account]);
    this.ledger.show(entries);
    this.chart.show(balancePoints(account, entries, this.app.plan(account.plan)?.spentOnPhones), this.app.clock.now());
    this.tick();
  }

  title(account) {
    return [
      el("h1", { class: "person" }, account.apiKey),
      el("p", { class: "big" }, account.credits.toLocaleString("en"), el("small", {}, " credits left for phones")),
      facts([
        ["Plan", this.app.planTitle(account.plan)], ["API access", account.apiAccess ? "yes" : "no"], ["Opened", full(instant(account.createdAt))],
        ["/credits tells", el("code", {}, JSON.stringify(account.balance))],
      ]),
    ];
  }

  rate(window, limit) {
    const started = window.startedAt === null ? null : instant(window.startedAt);
    const left = started === null ? 0 : started + window.seconds * 1000 - this.app.clock.now();
    const count = left > 0 ? window.count : 0;
    return [
      el("meter", { min: "0", max: String(Math.max(limit, 1)), value: String(Math.min(count, limit)), high: String(limit * 0.8), low: "0", optimum: "0", "aria-label": "Matches in this window" }),
      el("p", {}, el("b", {}, `${count} of ${limit}`), ` matches; ${left > 0 ? `the window ends in ${span(left)}` : `a window of ${span(window.seconds * 1000)} begins with the next`}`),
    ];
  }

  rows(entries) {
    if (!entries.length) return el("p", { class: "quiet-text" }, "Nothing was charged yet. The opening balance is no entry.");
    const shown = entries.slice(-SHOWN).reverse();
    const head = ["At", "Amount", "Balance", "Kind", "Provider", "Why", "Job"].map((each) => el("th", { scope: "col" }, each));
    return [
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Ledger" }, el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, shown.map((each) => this.row(each))))),
      entries.length > SHOWN ? el("p", { class: "quiet-text" }, `The newest ${SHOWN} of ${entries.length}.`) : null,
    ];
  }

  row(each) {
    const job = this.app.jobs.get(each.trackingId) ? el("a", { href: `#/jobs/${encodeURIComponent(each.trackingId)}` }, `${each.trackingId.slice(0, 8)}…`) : each.trackingId;
    return el(
      "tr", {}, el("td", { title: full(instant(each.at)) }, time(instant(each.at))), el("td", { class: `number ${each.amount < 0 ? "spent" : "granted"}` }, `${each.amount > 0 ? "+" : "−"}${Math.abs(each.amount)}`),
      el("td", { class: "number" }, each.balanceAfter.toLocaleString("en")), el("td", {}, each.kind), el("td", {}, each.provider ?? "–"), el("td", { class: "why" }, each.why), el("td", {}, job),
    );
  }

  async topUp(event, amount) {
    event.preventDefault();
    await busy(event.submitter, () => this.app.say(call("PATCH", `/accounts/${encodeURIComponent(this.key)}`, { topUp: amount.valueAsNumber }), "Topped up"));
    this.fresh.touch();
  }

  adding() {
    const plans = this.app.rules.plans.map((each) => [each.name, each.title]);
    const form = el(
      "form", { class: "stack" },
      field("Plan", select("plan", plans, "max")), field("Key", el("input", { name: "apiKey", placeholder: "made up", maxlength: "256", autocomplete: "off" })),
      el("div", { class: "pair" }, field("Credits", el("input", { name: "credits", type: "number", min: "0", placeholder: "the plan's" })), field("Matches a minute", el("input", { name: "limit", type: "number", min: "0", placeholder: "the plan's" }))),
      el("label", { class: "check" }, el("input", { type: "checkbox", name: "access", checked: true }), " API access"),
      el("button", { class: "primary" }, "Add account"),
    );
    form.addEventListener("submit", (event) => this.add(event, form));
    return el("details", { class: "card adding" }, el("summary", {}, "Add an account"), form);
  }

  async add(event, form) {
    event.preventDefault();
    const { plan, apiKey, credits, limit, access } = form.elements;
    const whole = (input) => (input.value === "" ? null : input.valueAsNumber);
    const body = { plan: plan.value, apiKey: apiKey.value.trim() || null, credits: whole(credits), requestsPerMinute: whole(limit), apiAccess: access.checked };
    await busy(event.submitter, async () => {
      const opened = await this.app.say(call("POST", "/accounts", body), "Added");
      if (opened) this.app.go(`#/accounts/${encodeURIComponent(opened.apiKey)}`);
    });
  }
}
