// Owns the form of a match: account, person, what happens on the way, receiver; and what it means as a request.

import { busy, check, el, field, select } from "./dom.js";

const HOOKS = [
  ["", "comes as it should"],
  ["hook-drop", "is never sent"],
  ["hook-twice", "comes twice"],
  ["hook-early", "comes before the answer"],
  ["hook-late-30", "comes 30 s late"],
  ["hook-truncated", "is cut off, then retried"],
  ["hook-shuffled", "is overtaken by the next one"],
  ["hook-fail-2", "fails twice, then arrives"],
];
const RECEIVERS = [
  ["200", "takes it"],
  ["500,500,200", "fails twice, then takes it"],
  ["500", "always fails"],
  ["disconnect,200", "hangs up once, then takes it"],
];

export class MatchForm {
  /** `changed` is called at every input, `send` when it is submitted. */
  constructor(rules, { changed, send }) {
    this.rules = rules;
    this.person = el("output", { class: "mono", name: "person" });
    this.element = this.inputs();
    this.element.addEventListener("input", ({ target }) => {
      this.follow(target);
      changed();
    });
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      busy(event.submitter ?? this.element, send);
    });
    this.follow(null);
  }

  get key() {
    return this.element.elements.key.value;
  }

  /** What the inbox answers, in order. */
  get answers() {
    const chosen = this.element.elements.receiver.value.split(",");
    return chosen.map((each) => (/^\d+$/.test(each) ? Number(each) : each));
  }

  body(inbox) {
    return {
      ...this.identity(),
      revealPhoneNumberViaPartners: this.element.elements.partners.checked,
      webhookUrl: `${location.origin}/_mock/inbox/${inbox}`,
    };
  }

  /** The person that the form means: an id or, where it is one, a profile. */
  identity() {
    const { outcome, after, hook, own } = this.element.elements;
    if (outcome.value === "")
      return own.value.startsWith("http") ? { linkedinUrl: own.value } : { personId: own.value };
    const modifiers = [after.value === "" ? "" : `after-${after.value}`, hook.value].filter(Boolean);
    const plain = outcome.value.startsWith("status") || outcome.value === "unknown";
    return { personId: ["mock", outcome.value, ...(plain ? [] : modifiers)].join("-") };
  }

  follow(control) {
    const { plan, key, outcome } = this.element.elements;
    if (control === plan) key.value = plan.value;
    this.element.querySelector(".own").hidden = outcome.value !== "";
    const { personId, linkedinUrl } = this.identity();
    this.person.textContent = personId ?? linkedinUrl;
  }

  outcomes() {
    const { providers, operations } = this.rules;
    const { errors } = operations.find((each) => each.operationId === "revealPhone");
    const [own, ...partners] = providers;
    const slug = (name) => name.toLowerCase().replaceAll(" ", "-");
    return [
      ["found", `${own.name} has a number`],
      ...partners.map(({ name }) => [`found-${slug(name)}`, `${name} has a number`]),
      ["none", "nobody has a number"],
      ["unknown", "no such person"],
      ...errors.map((each) => [`status-${each}`, `is answered ${each}`]),
      ["", "somebody else (type an id)"],
    ];
  }

  accounts() {
    const { plans, testKeys } = this.rules;
    const ofPlans = plans.map((each) => [`test_${each.name}`, each.title]);
    const names = new Set(ofPlans.map(([key]) => key));
    return [...ofPlans, ...testKeys.filter((key) => !names.has(key)).map((key) => [key, key])];
  }

  inputs() {
    const outcomes = this.outcomes();
    const key = {
      name: "key",
      value: "test_max",
      required: true,
      maxlength: "256",
      pattern: "[!-~]+",
      autocomplete: "off",
    };
    const after = { name: "after", type: "number", min: "0", max: "9999999", step: "any", placeholder: "as usual" };
    const own = field("Id or LinkedIn profile", el("input", { name: "own", autocomplete: "off" }));
    own.classList.add("own");
    return el(
      "form",
      { class: "card stack" },
      field("Account", select("plan", this.accounts(), "test_max")),
      field("Key", el("input", key)),
      field("Person", select("outcome", outcomes, outcomes[Math.min(3, outcomes.length - 1)][0])),
      own,
      el(
        "div",
        { class: "pair" },
        field("Search takes", el("input", after), "seconds"),
        field("Webhook", select("hook", HOOKS, "")),
      ),
      field("Receiver", select("receiver", RECEIVERS, "200"), "the built-in inbox"),
      check("partners", "Ask partners too", true),
      el("p", { class: "preview" }, "sends ", this.person),
      el("button", { class: "primary wide" }, "Send"),
    );
  }
}
