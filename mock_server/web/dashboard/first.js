// Owns what is shown before there is any job: how to send the first one.

import { copy, curl } from "./api.js";
import { button, code, el, empty } from "./dom.js";

export function firstSteps(app) {
  const line = curl({
    method: "POST",
    url: location.origin + app.reveal.path,
    headers: { "X-API-KEY": "test_max", "Content-Type": "application/json" },
    body: {
      personId: "mock-found-wiza",
      revealPhoneNumberViaPartners: true,
      webhookUrl: `${location.origin}/_mock/inbox/demo`,
    },
  });
  return empty(
    "No jobs yet",
    el("p", {}, "Send the first one from a terminal, and watch it here:"),
    code(line, "A request with curl"),
    el(
      "p",
      { class: "actions" },
      button("Copy", () => app.say(copy(line), "Copied"), { class: "primary" }),
      el("a", { href: "#/try", class: "button" }, "or use the form"),
    ),
  );
}
