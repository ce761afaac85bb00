// Owns the clock's bar: what time it is, what waits, and moving it on.

import { call } from "./api.js";
import { busy, button } from "./dom.js";
import { date, instant, span, time } from "./time.js";

const PAUSE = 1000; // milliseconds between two looks at what waits, however much happens

export class ClockBar {
  constructor(app, element) {
    this.app = app;
    this.at = (name) => element.querySelector(`[data-clock=${name}]`);
    this.at("modes").addEventListener("change", (event) => this.choose(event.target));
    this.at("rate").addEventListener("change", () => this.set({ mode: "scaled", rate: Number(this.at("rate").value) }));
    const steps = [
      ["+1 s", { seconds: 1 }, "s", "A second on"],
      ["+1 min", { seconds: 60 }, "m", "A minute on"],
      ["Next", { to: "next" }, "n", "To the next thing that is due"],
      ["Idle", { to: "idle" }, "i", "Until nothing is due"],
    ];
    this.at("steps").append(
      ...steps.map(([text, body, key, title]) =>
        button(text, () => this.advance(body), { "data-key": key, title: `${title} (${key})` }),
      ),
    );
  }

  async read() {
    this.take(await call("GET", "/clock"));
  }

  take(told) {
    this.told = told;
    this.app.clock.set({ mode: told.mode, rate: told.rate, now: instant(told.now) });
    this.show();
    this.app.ticked();
  }

  /** Something happened: soon, and not more often than once a second, look at what waits. */
  stale() {
    this.timer ??= setTimeout(async () => {
      this.timer = null;
      await this.app.say(this.read());
    }, PAUSE);
  }

  show() {
    const now = this.app.clock.now();
    this.at("date").textContent = date(now);
    this.at("time").textContent = time(now);
    if (!this.told) return;
    const { mode, rate, pending, nextDueAt } = this.told;
    this.at("modes").querySelector(`[value=${mode}]`).checked = true;
    if (mode === "scaled" && document.activeElement !== this.at("rate")) this.at("rate").value = rate;
    const left = nextDueAt === null ? null : Math.max(instant(nextDueAt) - now, 0);
    this.at("pending").textContent = pending
      ? `${pending.toLocaleString("en")} waiting, the next ${left ? `in ${span(left)}` : "now"}`
      : "nothing is waiting";
  }

  async choose(radio) {
    if (radio.name !== "mode") return;
    await this.set(
      radio.value === "scaled" ? { mode: "scaled", rate: Number(this.at("rate").value) } : { mode: radio.value },
    );
  }

  async set(body) {
    await busy(this.at("modes"), () => this.app.say(call("PUT", "/clock", body).then((told) => this.take(told))));
    this.show();
  }

  async advance(body) {
    const done = await this.app.say(call("POST", "/clock/advance", body));
    if (!done) return;
    const sent = `${done.deliveries} webhook${done.deliveries === 1 ? "" : "s"} sent`;
    this.app.tell(
      done.complete ? `${done.ran} done, ${sent}` : `${done.ran} done, ${sent}; there is more, time ran out`,
    );
    await this.app.say(this.read());
  }
}
