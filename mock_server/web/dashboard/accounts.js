// Owns the accounts: their list, which of them is looked at, and adding one.

import { Account } from "./account.js";
import { call } from "./api.js";
import { busy, check, el, empty, field, select } from "./dom.js";
import { Fresh } from "./fresh.js";
import { VirtualList } from "./list.js";

const ABOUT = new Set([
  "accountOpened",
  "accountChanged",
  "accountClosed",
  "creditsCharged",
  "requestAnswered",
  "worldReset",
]);
const PAUSE = 500; // milliseconds

export class Accounts {
  constructor(app, key) {
    Object.assign(this, { app, key, text: "" });
    this.list = new VirtualList({
      label: "Accounts",
      id: (each) => each.apiKey,
      name: (each) => `${each.apiKey}, ${app.planTitle(each.plan)}, ${each.credits} credits`,
      draw: (row, each) =>
        row.replaceChildren(
          el(
            "span",
            { class: "who" },
            el("strong", {}, each.apiKey),
            el("small", {}, app.planTitle(each.plan), each.apiAccess ? "" : " · no API access"),
          ),
          el("span", { class: "amount" }, each.credits.toLocaleString("en")),
        ),
      open: (each) => app.go(`#/accounts/${encodeURIComponent(each.apiKey)}`),
    });
    const search = el("input", {
      type: "search",
      placeholder: "Find a key",
      "aria-label": "Only accounts whose key contains this",
      "data-search": true,
      on: {
        input: ({ target }) => {
          this.text = target.value.trim();
          this.show();
        },
      },
    });
    this.none = el("div");
    this.one = key === null ? null : new Account(app, key, () => this.fresh.touch());
    this.element = el(
      "div",
      { class: "view split accounts", "data-open": String(key !== null) },
      el(
        "div",
        { class: "side" },
        el("div", { class: "toolbar" }, el("h1", {}, "Accounts"), search),
        this.list.element,
        this.none,
        this.adding(),
      ),
      this.one?.element ?? el("div", { class: "detail" }, unchosen()),
    );
    this.fresh = new Fresh(() => this.read(), PAUSE);
    this.fresh.touch();
  }

  close() {
    this.fresh.close();
    this.list.close();
    this.one?.close();
  }

  update(events) {
    if (events.some(({ name }) => ABOUT.has(name))) this.fresh.touch();
  }

  tick() {
    this.one?.tick();
  }

  async read() {
    await this.app.say(this.app.readAccounts());
    this.show();
    await this.one?.read();
  }

  show() {
    const { accounts } = this.app;
    this.list.show(accounts.filter((each) => each.apiKey.includes(this.text)).reverse());
    const chosen = accounts.find((each) => each.apiKey === this.key);
    if (chosen && !this.chosen) this.list.choose((this.chosen = chosen)); // once: then the keys move on from there
    this.list.element.hidden = !this.list.items.length;
    this.none.replaceChildren(...(accounts.length ? [] : [nobody()]));
  }

  adding() {
    const plans = this.app.rules.plans.map((each) => [each.name, each.title]);
    const form = el(
      "form",
      { class: "stack" },
      field("Plan", select("plan", plans, "max")),
      field("Key", el("input", { name: "apiKey", placeholder: "made up", maxlength: "256", autocomplete: "off" })),
      el(
        "div",
        { class: "pair" },
        field("Credits", el("input", { name: "credits", type: "number", min: "0", placeholder: "the plan's" })),
        field("Matches a minute", el("input", { name: "limit", type: "number", min: "0", placeholder: "the plan's" })),
      ),
      check("access", "API access", true),
      el("button", { class: "primary" }, "Add account"),
    );
    form.addEventListener("submit", (event) => this.add(event, form));
    return el("details", { class: "card adding" }, el("summary", {}, "Add an account"), form);
  }

  async add(event, form) {
    event.preventDefault();
    const { plan, apiKey, credits, limit, access } = form.elements;
    const whole = (input) => (input.value === "" ? null : input.valueAsNumber);
    const body = {
      plan: plan.value,
      apiKey: apiKey.value.trim() || null,
      credits: whole(credits),
      requestsPerMinute: whole(limit),
      apiAccess: access.checked,
    };
    await busy(event.submitter, async () => {
      const opened = await this.app.say(call("POST", "/accounts", body), "Added");
      if (opened) this.app.go(`#/accounts/${encodeURIComponent(opened.apiKey)}`);
    });
  }
}

function unchosen() {
  const told = "Its balance over time, its ledger with the reason of each charge, and its rate window are shown here.";
  return empty("Choose an account", el("p", {}, told));
}

function nobody() {
  const key = el("code", {}, "test_max");
  return empty(
    "No account yet",
    el("p", {}, "A key such as ", key, " comes into being with its first request. Or add one here."),
  );
}
