// Owns the faults: what goes wrong on purpose, adding one, removing them.

import { call } from "./api.js";
import { busy, button, check, el, empty, field, select } from "./dom.js";
import { Fresh, Part } from "./fresh.js";

const ABOUT = new Set(["faultAdded", "faultRemoved", "worldReset", "requestAnswered"]);
const PAUSE = 500; // milliseconds
const HOOKS = {
  drop: "drops the webhook",
  early: "sends the webhook early",
  truncate: "cuts the webhook",
  shuffle: "shuffles the webhook",
};

export class Faults {
  constructor(app) {
    this.app = app;
    this.rows = new Part(el("div", { class: "faults" }), (faults) => this.listed(faults));
    this.element = el(
      "div",
      { class: "view faults-view" },
      el("div", { class: "side" }, el("h1", {}, "Faults"), this.adding()),
      el("div", { class: "detail" }, this.rows.element),
    );
    this.fresh = new Fresh(() => this.read(), PAUSE);
    this.fresh.touch();
  }

  close() {
    this.fresh.close();
  }

  update(events) {
    if (events.some(({ name }) => ABOUT.has(name))) this.fresh.touch();
  }

  tick() {}

  async read() {
    const found = await this.app.say(call("GET", "/faults"));
    if (found) this.rows.show(found.faults);
  }

  listed(faults) {
    if (!faults.length)
      return empty(
        "Nothing goes wrong",
        el("p", {}, "Everything is answered as it should be. Add a fault, and see how your client takes it."),
      );
    return [
      el(
        "div",
        { class: "actions" },
        button("Remove all", () => this.remove("/faults")),
      ),
      faults.map((each) =>
        el(
          "section",
          { class: "card fault" },
          el(
            "div",
            {},
            el("h2", {}, each.id),
            el("p", {}, `${whenText(each)}: ${thenText(each)}`),
            el(
              "p",
              { class: "quiet-text" },
              `fitted ${each.matched} ${each.matched === 1 ? "call" : "calls"}, happened ${each.happened}${each.times ? ` of at most ${each.times} a key` : ""}`,
            ),
          ),
          button("Remove", () => this.remove(`/faults/${encodeURIComponent(each.id)}`), {
            "aria-label": `Remove ${each.id}`,
          }),
        ),
      ),
    ];
  }

  async remove(path) {
    await this.app.say(call("DELETE", path), "Removed");
    this.fresh.touch();
  }

  adding() {
    const operations = this.app.rules.operations.map((each) => [each.operationId, each.operationId]);
    const number = (name, more) => el("input", { name, type: "number", step: "1", ...more });
    const form = el(
      "form",
      { class: "card stack" },
      el("h2", {}, "Add a fault"),
      el(
        "fieldset",
        {},
        el("legend", {}, "When"),
        field("Operation", select("operationId", [["", "any"], ...operations], "revealPhone")),
        el(
          "div",
          { class: "pair" },
          field("Key", el("input", { name: "apiKey", placeholder: "any", autocomplete: "off" })),
          field("Person", el("input", { name: "personId", placeholder: "any", autocomplete: "off" })),
        ),
        el(
          "div",
          { class: "pair" },
          field("From the n-th call", number("nth", { min: "1", placeholder: "1st" })),
          field("So many times", number("times", { min: "1", placeholder: "for ever" })),
        ),
        field(
          "Share of the calls",
          number("rate", { min: "0", max: "100", step: "any", placeholder: "100" }),
          "per cent; which ones, follows from the seed",
        ),
      ),
      el(
        "fieldset",
        {},
        el("legend", {}, "Then"),
        el(
          "div",
          { class: "pair" },
          field("Status", number("status", { min: "200", max: "599", placeholder: "as usual" })),
          field("Delay", number("delay", { min: "0", step: "any", placeholder: "none" }), "virtual seconds"),
        ),
        check("disconnect", "break the connection off"),
        field(
          "Webhook",
          select(
            "webhook",
            [
              ["", "as usual"],
              ["drop", "is never sent"],
              ["twice", "comes twice"],
              ["early", "comes before the answer"],
              ["truncate", "is cut off, then retried"],
              ["shuffle", "is overtaken by the next one"],
              ["fail", "fails once"],
            ],
            "",
          ),
        ),
      ),
      el("button", { class: "primary wide" }, "Add fault"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      busy(event.submitter ?? form, () => this.add(form.elements));
    });
    return form;
  }

  async add(inputs) {
    const text = (name) => inputs[name].value.trim() || null;
    const number = (name) => (inputs[name].value === "" ? null : inputs[name].valueAsNumber);
    const webhook = { "": null, twice: { times: 2 }, fail: { fail: 1 } };
    const chosen = inputs.webhook.value;
    const effect = {
      status: number("status"),
      delaySeconds: number("delay") ?? 0,
      disconnect: inputs.disconnect.checked,
      webhook: chosen in webhook ? webhook[chosen] : { [chosen]: true },
    };
    const rate = number("rate");
    const what = rate === null || rate === 100 ? { then: effect } : { chaos: { rate: rate / 100, effects: [effect] } };
    const when = {
      apiKey: text("apiKey"),
      operationId: text("operationId"),
      personId: text("personId"),
      nth: number("nth"),
    };
    if (await this.app.say(call("POST", "/faults", { when, times: number("times"), ...what }), "Added"))
      this.fresh.touch();
  }
}

function whenText({ when, chaos }) {
  const { apiKey, operationId, personId, nth } = when;
  const calls = chaos ? `${Math.round(chaos.rate * 1000) / 10} % of the calls` : nth ? `call ${nth}` : "every call";
  return [calls, operationId && `of ${operationId}`, apiKey && `with the key ${apiKey}`, personId && `for ${personId}`]
    .filter(Boolean)
    .join(" ");
}

function thenText({ then, chaos }) {
  return (chaos ? chaos.effects : [then]).map(effectText).join(" or ");
}

function effectText({ status, headers, delaySeconds, disconnect, webhook, body }) {
  const said = [
    disconnect && "breaks the connection off",
    status && `answers ${status}`,
    body !== null && body !== undefined && "with a body of its own",
    Object.keys(headers).length && `with ${Object.keys(headers).join(", ")}`,
    delaySeconds && `waits ${delaySeconds} s`,
    webhook && webhookText(webhook),
  ].filter(Boolean);
  return said.join(", ") || "changes nothing";
}

function webhookText(webhook) {
  const said = Object.entries(HOOKS)
    .filter(([name]) => webhook[name])
    .map(([, text]) => text);
  if (webhook.times > 1) said.push(`sends the webhook ${webhook.times} times`);
  if (webhook.delaySeconds) said.push(`sends the webhook ${webhook.delaySeconds} s late`);
  if (webhook.fail)
    said.push(
      `takes ${webhook.fail === 1 ? "the first answer" : `${webhook.fail} answers`} to the webhook for a failure`,
    );
  if (webhook.contentType) said.push(`sends it as ${webhook.contentType}`);
  return said.join(", ");
}
