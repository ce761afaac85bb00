// Owns how one request of the journal is shown, and its line of curl.

import { curl } from "./api.js";
import { code, el, facts, headers, pill } from "./dom.js";
import { full, instant } from "./time.js";

export const statusKind = (status) => (status < 300 ? "delivered" : status < 500 ? "credits" : "failed");

export function exchange(each) {
  return [
    el(
      "p",
      { class: "under" },
      pill(each.status, statusKind(each.status)),
      el("code", {}, `${each.method} ${each.path}`),
      el("span", {}, `${full(instant(each.at))} · ${Math.round(each.durationMs * 10) / 10} ms`),
    ),
    facts([
      ["Why", each.why],
      ["Operation", each.operationId],
      ["Key", each.key && `…${each.key}`],
    ]),
    el("div", { class: "sides" }, half("Request", each.request), half("Response", each.response)),
  ];
}

function half(title, { headers: named, body, cut }) {
  return el(
    "div",
    {},
    el("h3", {}, title),
    headers(named, `${title} headers`),
    body === "" ? el("p", { class: "quiet-text" }, "no body") : code(body, `${title} body`),
    cut ? el("small", {}, "cut at 4 KiB") : null,
  );
}

const OWN = [
  "host",
  "content-length",
  "x-api-key",
  "accept",
  "accept-encoding",
  "connection",
  "user-agent",
  "origin",
  "referer",
  "cookie",
];

/** The request again; the key is whole where it can be told by its end, else a variable. */
export function sentCurl(app, each) {
  const kept = Object.entries(each.request.headers).filter(
    ([name]) => !OWN.includes(name) && !name.startsWith("sec-") && name !== "accept-language",
  );
  const key = app.wholeKey(each.key) ?? "YOUR-KEY";
  const body = each.request.body === "" ? undefined : each.request.body;
  return curl({
    method: each.method,
    url: location.origin + each.path,
    headers: { ...(each.key ? { "X-API-KEY": key } : {}), ...Object.fromEntries(kept) },
    body,
  });
}
