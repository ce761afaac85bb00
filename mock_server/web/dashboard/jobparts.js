// Owns how the parts of a job's page look, each drawn from the values that it is given.

import { card, code, el, facts, headers, pill, table } from "./dom.js";
import { exchange } from "./exchange.js";
import { full, instant, span, time } from "./time.js";

const PAYLOADS = { standard: "Standard payload", multiProvider: "Multi-provider payload" };

export function title([person, id, plan, key, createdAt, result], app) {
  return [
    el("h1", { class: "person" }, person),
    el(
      "p",
      { class: "under" },
      pill(result.text, result.kind),
      el("code", {}, id),
      el("span", {}, `${app.planTitle(plan)} · key …${key} · queued ${full(instant(createdAt))}`),
    ),
  ];
}

export function steps([steps, asking], app) {
  const rows = steps.map((each) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, each.provider),
      el("td", {}, pill(each.status, app.jobs.kind(each.status))),
      el("td", {}, each.phoneNumbers.join(", ") || "–"),
      el(
        "td",
        {},
        time(instant(each.askedAt)),
        el("small", {}, ` + ${span(instant(each.answeredAt) - instant(each.askedAt))}`),
      ),
      el("td", { class: "why" }, each.why),
    ),
  );
  if (asking)
    rows.push(
      el(
        "tr",
        {},
        el("th", { scope: "row" }, asking.provider),
        el("td", {}, pill("searching", "searching")),
        el("td", {}, "–"),
        el("td", {}, time(instant(asking.askedAt))),
        el("td", { class: "why" }, `answers at ${time(instant(asking.answersAt))}`),
      ),
    );
  return card("Steps", table("Steps", ["Provider", "Status", "Numbers", "Asked", "Why"], rows));
}

export function charge([charged, charges, why]) {
  const kinds = Object.entries(charges).map(([kind, amount]) => [kind, `${amount}`]);
  return card(
    "Charge",
    el("p", { class: "big" }, `${charged}`, el("small", {}, charged === 1 ? " credit" : " credits")),
    kinds.length > 1 ? facts(kinds) : null,
    el("p", { class: "quiet-text" }, why),
  );
}

export function payloads([payloads, track]) {
  const columns = Object.entries(payloads).map(([name, document], n) =>
    el(
      "div",
      {},
      el(
        "h3",
        {},
        PAYLOADS[name] ?? name,
        " ",
        n === 0 ? pill("this plan", "delivered") : el("small", {}, "on other plans"),
      ),
      code(document, PAYLOADS[name] ?? name),
    ),
  );
  columns.push(el("div", {}, el("h3", {}, `Track answers ${track.status}`), code(track.body, "What track answers")));
  return card("Payloads", el("div", { class: "sides" }, columns));
}

export function attempts([deliveries, pending, url, sent, why]) {
  if (!url) return card("Webhook", el("p", { class: "quiet-text" }, why));
  const done = deliveries.map((each) =>
    el(
      "details",
      { class: "attempt" },
      el(
        "summary",
        {},
        el("b", {}, `#${each.attempt}`),
        pill(each.statusCode === null ? each.outcome : `${each.outcome} · ${each.statusCode}`, each.outcome),
        el("span", {}, each.sentAt ? time(instant(each.sentAt)) : "not sent"),
        el("span", {}, `${Math.round(each.durationMs * 10) / 10} ms`),
        el("span", { class: "why" }, each.error ?? each.why),
      ),
      facts([
        ["Why", each.why],
        ["Error", each.error],
        ["Due", full(instant(each.dueAt))],
        ["To", each.url],
      ]),
      headers(sent, `Headers of attempt ${each.attempt}`),
    ),
  );
  const next = pending.map((each) =>
    el(
      "p",
      { class: "attempt" },
      el("b", {}, `#${each.attempt}`),
      pill("waits", "due"),
      el("span", {}, `due ${full(instant(each.dueAt))}`),
      el("span", { class: "why" }, each.why),
    ),
  );
  return card(
    "Webhook attempts",
    facts([
      ["To", url],
      ["Why", why],
    ]),
    done,
    next,
  );
}

export function request(asked) {
  return asked
    ? card("Request", exchange(asked))
    : card("Request", el("p", { class: "quiet-text" }, "It is no longer in the journal."));
}
