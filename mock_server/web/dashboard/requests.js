// Owns the journal: the requests with filters, each with why, request and response.

import { call, copy, query } from "./api.js";
import { button, el, empty, pill, select } from "./dom.js";
import { exchange, sentCurl, statusKind } from "./exchange.js";
import { Fresh } from "./fresh.js";
import { VirtualList } from "./list.js";
import { instant, time } from "./time.js";

const KEPT = 1000; // newest requests on the page
const PAUSE = 1000; // milliseconds between two readings, where the server has to filter by key

export class Requests {
  constructor(app) {
    Object.assign(this, { app, filter: { apiKey: "", operationId: "", status: "" }, kept: [], chosen: null });
    this.list = new VirtualList({
      label: "Requests, newest first",
      id: (each) => each.id,
      name: (each) => `${each.method} ${each.path}, ${each.status}, ${each.why}`,
      draw: (row, each) =>
        row.replaceChildren(
          el("span", { class: "at" }, time(instant(each.at))),
          pill(each.status, statusKind(each.status)),
          el("span", { class: "who" }, el("strong", {}, each.method, " ", each.path), el("small", {}, each.why)),
          el("span", { class: "key" }, each.key ? `…${each.key}` : "–"),
        ),
      open: (each) => this.choose(each),
    });
    this.none = el("div");
    this.detail = el("div", { class: "detail", tabindex: "-1" });
    this.element = el(
      "div",
      { class: "view split requests" },
      el("div", { class: "side" }, this.head(), this.list.element, this.none),
      this.detail,
    );
    this.fresh = new Fresh(() => this.read(), PAUSE);
    this.fresh.touch();
    this.choose(null);
  }

  head() {
    const changed = (name) => ({ change: ({ target }) => this.narrow(name, target.value.trim()) });
    const operations = this.app.rules.operations.map((each) => [each.operationId, each.operationId]);
    const statuses = ["2xx", "4xx", "5xx", "400", "401", "402", "403", "404", "422", "429"].map((each) => [each, each]);
    return el(
      "div",
      { class: "toolbar" },
      el("h1", {}, "Requests"),
      el("input", {
        type: "search",
        placeholder: "Whole key",
        "aria-label": "Only requests of this key, given in full",
        "data-search": true,
        autocomplete: "off",
        on: changed("apiKey"),
      }),
      select("operationId", [["", "All operations"], ...operations], "", {
        "aria-label": "Operation",
        on: changed("operationId"),
      }),
      select("status", [["", "All statuses"], ...statuses], "", { "aria-label": "Status", on: changed("status") }),
      button("Clear", () => this.clear(), { title: "Forget the journal" }),
    );
  }

  close() {
    this.fresh.close();
    this.list.close();
  }

  update(events) {
    const came = events.filter(({ name }) => name === "requestAnswered").map(({ data }) => data);
    if (events.some(({ name }) => name === "worldReset")) this.fresh.touch();
    else if (came.length && this.filter.apiKey)
      this.fresh.touch(); // only the server knows whole keys
    else if (came.length) this.add(came.filter((each) => this.keeps(each)));
  }

  tick() {}

  keeps({ operationId, status }) {
    const { filter } = this;
    return (
      (!filter.operationId || filter.operationId === operationId) &&
      String(status).startsWith(filter.status.replace("xx", ""))
    );
  }

  /** Those that came while the list was read may be in it already. */
  add(came) {
    const newest = this.kept[0]?.id ?? 0;
    this.kept = [...came.filter((each) => each.id > newest).reverse(), ...this.kept].slice(0, KEPT);
    this.show();
  }

  async read() {
    const found = await this.app.say(call("GET", `/requests${query({ ...this.filter, limit: KEPT })}`));
    if (!found) return;
    this.kept = found.requests;
    this.show();
  }

  show() {
    this.list.show(this.kept);
    this.list.element.hidden = !this.kept.length;
    const narrowed = Object.values(this.filter).some(Boolean);
    this.none.replaceChildren(
      ...(this.kept.length
        ? []
        : [
            empty(
              narrowed ? "No request is like that" : "No requests yet",
              el(
                "p",
                {},
                narrowed
                  ? "The journal keeps the newest 10,000."
                  : el("a", { href: "#/try", class: "button" }, "Try it"),
              ),
            ),
          ]),
    );
  }

  narrow(name, value) {
    this.filter[name] = value;
    this.fresh.touch();
  }

  async clear() {
    await this.app.say(call("DELETE", "/requests"), "The journal is empty");
    this.fresh.touch();
  }

  choose(each) {
    this.element.dataset.open = String(each !== null);
    if (each === null) {
      this.detail.replaceChildren(
        empty(
          "Choose a request",
          el("p", {}, "Why it was answered so, what was sent and what came back are shown here."),
        ),
      );
      return;
    }
    const job = each.trackingId && this.app.jobs.get(each.trackingId);
    this.detail.replaceChildren(
      el(
        "div",
        { class: "actions" },
        button("← Requests", () => this.choose(null), { class: "back" }),
        button("Copy as curl", () =>
          this.app.say(
            this.app.knowAccounts().then(() => copy(sentCurl(this.app, each))),
            "Copied",
          ),
        ),
        job ? el("a", { href: `#/jobs/${encodeURIComponent(job.id)}`, class: "button" }, "Its job") : "",
      ),
      el("section", { class: "card" }, el("h2", {}, `Request ${each.id}`), exchange(each)),
    );
  }
}
