// Owns the page as a whole: what is loaded, which view is shown, what reaches it, keys and theme.

import { Accounts } from "./accounts.js";
import { call } from "./api.js";
import { ClockBar } from "./clock.js";
import { Faults } from "./faults.js";
import { Fresh } from "./fresh.js";
import { JobPage } from "./job.js";
import { Jobs } from "./jobs.js";
import { install } from "./keys.js";
import { Requests } from "./requests.js";
import { Snapshot } from "./snapshot.js";
import { listen } from "./stream.js";
import { instant, VirtualClock } from "./time.js";
import { Timeline } from "./timeline.js";
import { TryIt } from "./try.js";

const FIRST = 250; // jobs that are read at once, to be seen at once
const NEWEST = 5000; // jobs that are read then; those that come later are added
const PAUSE = 1000; // milliseconds between two readings of all
const TICK = 100; // milliseconds between two looks at a clock that runs
const SAID = 5000; // milliseconds that a message is shown

const VIEWS = {
  "": Timeline,
  jobs: JobPage,
  accounts: Accounts,
  requests: Requests,
  try: TryIt,
  faults: Faults,
  snapshot: Snapshot,
};

class App {
  constructor() {
    this.clock = new VirtualClock();
    this.accounts = [];
    this.loaded = false;
    this.early = []; // events that came while the jobs were read
    this.main = document.getElementById("main");
    this.bar = new ClockBar(this, document.querySelector(".clock"));
    this.fresh = new Fresh(() => this.say(this.load()), PAUSE);
  }

  async start() {
    this.rules = await call("GET", "/rules");
    this.jobs = new Jobs(this.rules.statuses, this.clock);
    this.reveal = this.rules.operations.find((each) => each.operationId === "revealPhone");
    addEventListener("hashchange", () => this.route());
    setInterval(() => this.clock.runs && this.ticked(), TICK);
    listen({
      batch: (events) => this.take(events),
      opened: () => this.opened(),
      lost: () => this.live("lost", "no connection"),
    });
  }

  /** The stream begins, for the first time or anew: what came before is read. */
  opened() {
    this.live("on", "live");
    this.fresh.touch();
  }

  live(state, text) {
    const shown = document.querySelector("[data-live]");
    shown.dataset.live = state;
    shown.textContent = text;
  }

  async load() {
    this.reading = true;
    const limit = this.loaded ? NEWEST : FIRST;
    try {
      const [{ jobs }] = await Promise.all([call("GET", `/jobs?limit=${limit}`), this.bar.read(), this.readAccounts()]);
      this.jobs.load(jobs);
      if (jobs.length === FIRST) this.fresh.touch();
    } finally {
      this.reading = false;
    }
    this.take(this.early.splice(0));
    if (!this.loaded) {
      this.loaded = true;
      this.route();
    } else this.view.update([{ name: "worldReset", data: {} }]);
  }

  /** Accounts as they are by now, to tell a key by its end. */
  async knowAccounts() {
    if (this.strange) await this.readAccounts();
  }

  async readAccounts() {
    this.strange = false;
    ({ accounts: this.accounts } = await call("GET", "/accounts"));
  }

  /** What happened, once per frame. */
  take(events) {
    if (this.reading) return void this.early.push(...events);
    for (const { name, data } of events) this.apply(name, data);
    if (!events.length) return;
    this.bar.stale();
    this.bar.show();
    this.view?.update(events);
  }

  apply(name, data) {
    if (name === "accountOpened" || name === "accountClosed") this.strange = true;
    if (name === "missed" || name === "worldReset" || name === "accountClosed") this.fresh.touch();
    else if (name === "clockMoved") this.clock.set({ mode: data.mode, rate: data.rate, now: instant(data.at) });
    else this.jobs.apply(name, data);
    if (data.at && name !== "worldReset") this.clock.see(instant(data.at));
  }

  ticked() {
    this.bar.show();
    this.view?.tick();
  }

  route() {
    const [, name = "", argument = null] = location.hash.split("/").map(decoded);
    const View = VIEWS[name] ?? Timeline;
    this.view?.close();
    this.view = new View(this, argument);
    this.main.replaceChildren(this.view.element);
    this.main.scrollTo(0, 0);
    const title = this.main.querySelector("h1")?.textContent;
    document.title = title && name ? `${title} · clodura-kit` : "clodura-kit";
    for (const link of document.querySelectorAll("nav a")) {
      const current = link.hash === `#/${name}` || (name === "jobs" && link.hash === "#/");
      if (current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
      if (current) link.scrollIntoView({ block: "nearest", inline: "center" });
    }
  }

  go(hash) {
    location.hash = hash;
  }

  /** Await something and tell how it ended; undefined where it failed. */
  async say(promise, done) {
    try {
      const result = await promise;
      if (done) this.tell(done);
      return result ?? true;
    } catch (error) {
      this.tell(error.message, "problem");
      return undefined;
    }
  }

  tell(text, kind = "done") {
    const said = document.getElementById("said");
    said.textContent = text;
    said.dataset.kind = kind;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      said.textContent = "";
    }, SAID);
  }

  plan(name) {
    return this.rules.plans.find((each) => each.name === name);
  }

  planTitle(name) {
    return this.plan(name)?.title ?? name;
  }

  /** The key that ends so, if there is only one. */
  wholeKey(end) {
    const found = this.accounts.filter((each) => end && each.apiKey.endsWith(end));
    return found.length === 1 ? found[0].apiKey : null;
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const app = new App();
install(app);
app.say(app.start());
