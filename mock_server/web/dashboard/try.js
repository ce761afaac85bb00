// Owns the form that sends a match to the built-in inbox, and shows what comes of it: answer, search, webhook.

import { call, copy, curl, query, request } from "./api.js";
import { busy, button, card, code, el, facts, field, headers, pill, select } from "./dom.js";
import { statusKind } from "./exchange.js";
import { Strip } from "./strip.js";
import { resultOf, webhookOf } from "./summary.js";
import { instant, time } from "./time.js";

const HOOKS = [
  ["", "comes as it should"], ["hook-drop", "is never sent"], ["hook-twice", "comes twice"], ["hook-early", "comes before the answer"],
  ["hook-late-30", "comes 30 s late"], ["hook-truncated", "is cut off, then retried"], ["hook-shuffled", "is overtaken by the next one"], ["hook-fail-2", "fails twice, then arrives"],
];
const RECEIVERS = [["200", "takes it"], ["500,500,200", "fails twice, then takes it"], ["500", "always fails"], ["disconnect,200", "hangs up once, then takes it"]];
const AGAIN = 250; // milliseconds: how soon an inbox is read after something came

export class TryIt {
  constructor(app) {
    Object.assign(this, { app, job: null, inbox: null });
    this.strip = new Strip(app.clock);
    this.line = code("", "The same with curl");
    this.person = el("output", { class: "mono", name: "person" });
    this.form = this.inputs();
    this.answer = el("div");
    this.search = el("div", { hidden: true });
    this.words = el("p", { class: "under" });
    this.webhooks = el("div");
    this.search.append(card("What happens", this.strip.element, this.words));
    this.element = el(
      "div", { class: "view try" },
      el("div", { class: "side" }, el("h1", {}, "Try it"), this.form, el("div", { class: "card" }, el("h2", {}, "The same with curl"), this.line, button("Copy", () => app.say(copy(this.line.textContent), "Copied")))),
      el("div", { class: "detail", "aria-live": "polite" }, this.answer, this.search, this.webhooks),
    );
    this.answer.append(el("div", { class: "empty" }, el("h2", {}, "Send a match"), el("p", {}, "The answer, the search and the webhook appear here as they happen. On a manual clock, move the time with the buttons above.")));
    this.preview();
  }

  inputs() {
    const { plans, providers, operations } = this.app.rules;
    const errors = operations.find((each) => each.operationId === "revealPhone").errors;
    const outcomes = [
      ["found", `${providers[0].name} has a number`], ...providers.slice(1).map((each) => [`found-${each.name.toLowerCase().replaceAll(" ", "-")}`, `${each.name} has a number`]),
      ["none", "nobody has a number"], ["unknown", "no such person"], ...errors.map((each) => [`status-${each}`, `is answered ${each}`]), ["", "somebody else (type an id)"],
    ];
    const keys = this.app.rules.testKeys.filter((key) => !plans.some((plan) => key === `test_${plan.name}`));
    const form = el(
      "form", { class: "card stack" },
      field("Account", select("plan", [...plans.map((each) => [`test_${each.name}`, each.title]), ...keys.map((key) => [key, key])], "test_max")),
      field("Key", el("input", { name: "key", value: "test_max", autocomplete: "off", required: true, maxlength: "256", pattern: "[!-~]+" })),
      field("Person", select("outcome", outcomes, outcomes[Math.min(3, outcomes.length - 1)][0])),
      el("label", { class: "field own", hidden: true }, el("span", {}, "Id or LinkedIn profile"), el("input", { name: "own", autocomplete: "off" })),
      el("div", { class: "pair" }, field("Search takes", el("input", { name: "after", type: "number", min: "0", max: "9999999", step: "any", placeholder: "as usual" }), "seconds"), field("Webhook", select("hook", HOOKS, ""))),
      field("Receiver", select("receiver", RECEIVERS, "200"), "the built-in inbox"),
      el("label", { class: "check" }, el("input", { type: "checkbox", name: "partners", checked: true }), " Ask partners too"),
      el("p", { class: "preview" }, "sends ", this.person),
      el("button", { class: "primary wide" }, "Send"),
    );
    form.addEventListener("input", (event) => this.changed(event.target));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      busy(event.submitter ?? form, () => this.send());
    });
    return form;
  }

  changed(control) {
    const { plan, key, outcome } = this.form.elements;
    if (control === plan) key.value = plan.value;
    this.form.querySelector(".own").hidden = outcome.value !== "";
    this.preview();
  }

  /** The person that the form means: an id or, where it is one, a profile. */
  identity() {
    const { outcome, after, hook, own } = this.form.elements;
    if (outcome.value === "") return own.value.startsWith("http") ? { linkedinUrl: own.value } : { personId: own.value };
    const modifiers = [after.value === "" ? "" : `after-${after.value}`, hook.value].filter(Boolean);
    const plain = outcome.value.startsWith("status") || outcome.value === "unknown";
    return { personId: ["mock", outcome.value, ...(plain ? [] : modifiers)].join("-") };
  }

  body(inbox) {
    return { ...this.identity(), revealPhoneNumberViaPartners: this.form.elements.partners.checked, webhookUrl: `${location.origin}/_mock/inbox/${inbox}` };
  }

  preview() {
    const identity = this.identity();
    this.person.textContent = identity.personId ?? identity.linkedinUrl;
    this.line.textContent = curl({
      method: "POST", url: location.origin + this.app.reveal.path,
      headers: { "X-API-KEY": this.form.elements.key.value, "Content-Type": "application/json" }, body: this.body("try"),
    });
  }

  async send() {
    const inbox = `try-${Math.random().toString(36).slice(2, 8)}`;
    const answers = this.form.elements.receiver.value.split(",").map((each) => (/^\d+$/.test(each) ? Number(each) : each));
    Object.assign(this, { inbox, job: null, messages: 0 });
    this.webhooks.replaceChildren();
    this.search.hidden = true;
    this.answer.replaceChildren(card("Answer", el("p", { class: "quiet-text" }, "It is waited for …")));
    if (!(await this.app.say(call("PUT", `/inbox/${inbox}`, { answers })))) return;
    const answered = await this.app.say(request("POST", this.app.reveal.path, this.form.elements.key.value, this.body(inbox)).catch((error) => {
      throw new Error(`No answer: the connection was broken off (${error.message}).`);
    }));
    this.job = answered?.body?.trackingId ?? null;
    this.answer.replaceChildren(card("Answer", ...(answered ? this.answered(answered) : [el("p", {}, "None: the connection was broken off.")])));
    this.tick();
  }

  answered({ status, headers: named, body }) {
    const retry = named["retry-after"];
    return [el("p", { class: "under" }, pill(status, statusKind(status)), el("span", {}, status < 300 ? "accepted" : "refused"), retry ? el("span", {}, `Retry-After: ${retry}`) : null), code(body, "The answer's body"), this.why()];
  }

  /** Why it was answered so is in the journal. */
  why() {
    const told = el("div");
    const mine = { operationId: "revealPhone", apiKey: this.form.elements.key.value, trackingId: this.job, limit: 1 };
    call("GET", `/requests${query(mine)}`).then(({ requests: [newest] }) => newest && told.replaceChildren(facts([["Why", newest.why]])), () => {});
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
      this.webhooks.append(card(`Webhook ${this.messages}`, el("p", { class: "under" }, pill("received", "delivered"), el("span", {}, `at ${time(instant(each.receivedAt))}`)), code(each.body, `Body of webhook ${this.messages}`), el("details", {}, el("summary", {}, "Headers"), headers(each.headers, `Headers of webhook ${this.messages}`))));
    }
  }

  tick() {
    const job = this.job && this.app.jobs.get(this.job);
    this.search.hidden = !job;
    if (!job) return;
    const [result, webhook] = [resultOf(job), webhookOf(job, this.app.clock.now())];
    this.strip.show(job);
    this.words.replaceChildren(pill(result.text, result.kind), webhook.text ? pill(webhook.text, webhook.kind) : "", el("a", { href: `#/jobs/${encodeURIComponent(job.id)}` }, "All about this job"));
  }

  close() {
    this.strip.close();
    clearTimeout(this.timer);
  }
}
