// Owns the world as a whole: save it to a file, load one, begin anew.

import { call } from "./api.js";
import { busy, button, card, el, field } from "./dom.js";

export class Snapshot {
  constructor(app) {
    this.app = app;
    this.file = el("input", { type: "file", accept: ".json,application/json", required: true });
    this.seed = el("input", { type: "number", min: "0", step: "1", placeholder: "the same, or a fresh one" });
    const load = el(
      "form",
      { class: "stack", on: { submit: (event) => this.load(event) } },
      field("File", this.file),
      el("button", {}, "Load"),
    );
    this.element = el(
      "div",
      { class: "view narrow" },
      el("h1", {}, "Snapshot"),
      card(
        "Save",
        el(
          "p",
          {},
          "Accounts, ledgers, people, jobs in flight, faults, inboxes and the clock as one file; not the journal. It holds keys in full: keep it like one.",
        ),
        el(
          "a",
          { href: "/_mock/snapshot", download: "clodura-kit-snapshot.json", class: "button primary" },
          "Save snapshot",
        ),
      ),
      card("Load", el("p", {}, "It takes the place of what is here. Jobs in flight go on."), load),
      card(
        "Reset",
        el("p", {}, "An empty world. A manual clock begins anew."),
        field("Seed", this.seed),
        this.resetting(),
      ),
    );
  }

  close() {}
  update() {}
  tick() {}

  async load(event) {
    event.preventDefault();
    await busy(event.submitter, async () => {
      const done = await this.app.say(this.file.files[0].text().then((text) => call("PUT", "/snapshot", text)));
      if (done) this.app.tell(`Loaded: ${done.accounts} accounts, ${done.jobs} jobs`);
    });
  }

  /** It is asked for twice: nothing brings the old world back. */
  resetting() {
    const sure = el(
      "span",
      { class: "actions", hidden: true },
      button("Yes, empty it", () => this.reset(), { class: "danger" }),
      button("No", () => {
        sure.hidden = true;
        first.hidden = false;
        first.focus();
      }),
    );
    const first = button("Reset …", () => {
      first.hidden = true;
      sure.hidden = false;
      sure.firstElementChild.focus();
    });
    Object.assign(this, { sure, first });
    return el("p", { class: "actions" }, first, sure);
  }

  async reset() {
    const body = this.seed.value === "" ? {} : { seed: this.seed.valueAsNumber };
    const done = await this.app.say(call("POST", "/reset", body));
    if (done) this.app.tell(`An empty world with the seed ${done.seed}`);
    this.sure.hidden = true;
    this.first.hidden = false;
    this.first.focus();
  }
}
