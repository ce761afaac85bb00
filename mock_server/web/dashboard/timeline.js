// Owns the timeline: every job as a row of bars on the virtual time axis, filtered, zoomed, and drawn only where it is seen.

import { axis, grid } from "./axis.js";
import { bars } from "./bars.js";
import { button, el, empty, svg } from "./dom.js";
import { firstSteps } from "./first.js";
import { Part } from "./fresh.js";
import { extent } from "./jobs.js";
import { VirtualList } from "./list.js";
import { Scale } from "./scale.js";
import { FILTERS, fits, resultOf, sentence, webhookOf } from "./summary.js";
import { time } from "./time.js";

const ZOOM = 0.8;

export class Timeline {
  constructor(app) {
    this.app = app;
    this.filter = "all";
    this.text = "";
    this.window = "rows"; // fitted to the visible rows, to all of them, or free: a scale
    this.list = new VirtualList({
      label: "Jobs, newest first",
      id: (job) => job.id,
      name: (job) => sentence(job, this.now),
      draw: (row, job) => this.draw(row, job),
      open: (job) => app.go(`#/jobs/${encodeURIComponent(job.id)}`),
      keys: {
        ArrowLeft: () => this.pan(-0.1),
        ArrowRight: () => this.pan(0.1),
        "+": () => this.zoom(ZOOM),
        "-": () => this.zoom(1 / ZOOM),
      },
    });
    this.list.before = () => this.frame();
    this.axis = svg("svg", { class: "axis", height: 30, "aria-hidden": "true" });
    this.chips = el("div", { class: "chips", role: "group", "aria-label": "Filter" });
    this.nothing = new Part(el("div"), (why) => this.missing(why));
    this.board = el(
      "div",
      { class: "board" },
      el("div", { class: "axis-row" }, el("span"), this.axis, el("span")),
      this.list.element,
    );
    this.element = el("div", { class: "view timeline" }, this.head(), this.board, this.nothing.element);
    this.element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.drag();
    this.update();
  }

  head() {
    const search = el("input", {
      type: "search",
      placeholder: "Person, key or id",
      "aria-label": "Only jobs with this person, key or tracking id",
      "data-search": true,
      on: {
        input: ({ target }) => {
          this.text = target.value.trim().toLowerCase();
          this.update();
        },
      },
    });
    const tools = [
      button("Fit rows", () => this.fit("rows"), { title: "Zoom to the rows in sight (f)", "data-key": "f" }),
      button("Fit all", () => this.fit("all"), { title: "Zoom to all jobs (a)", "data-key": "a" }),
      button("−", () => this.zoom(1 / ZOOM), { "aria-label": "Zoom out", title: "Zoom out (-)", "data-key": "-" }),
      button("+", () => this.zoom(ZOOM), { "aria-label": "Zoom in", title: "Zoom in (+)", "data-key": "+" }),
    ];
    this.fits = tools.slice(0, 2);
    return el(
      "div",
      { class: "toolbar" },
      el("h1", { class: "unseen" }, "Timeline"),
      this.chips,
      search,
      el("div", { class: "group", role: "group", "aria-label": "Zoom" }, tools),
    );
  }

  close() {
    this.list.close();
  }

  /** Jobs changed. */
  update() {
    const all = this.app.jobs.newest();
    this.count(all);
    const [, keeps] = FILTERS[this.filter];
    this.list.show(all.filter((job) => keeps(job) && fits(job, this.text)));
    this.board.hidden = !this.list.items.length;
    this.nothing.show(this.list.items.length || !this.app.loaded ? null : all.length ? "filtered" : "first");
  }

  missing(why) {
    if (why === null) return [];
    return why === "first"
      ? firstSteps(this.app)
      : empty(
          "No job is like that",
          button("Show all", () => this.choose("all")),
        );
  }

  count(all) {
    const made = Object.entries(FILTERS).map(([name, [title, keeps]]) => {
      const count = all.reduce((sum, job) => sum + keeps(job), 0);
      return [name, title, count];
    });
    if (!this.chips.childElementCount) {
      this.chips.append(
        ...made.map(([name, title]) =>
          el(
            "button",
            { type: "button", class: `chip ${name}`, on: { click: () => this.choose(name) } },
            `${title} `,
            el("b"),
          ),
        ),
      );
    }
    made.forEach(([name, , count], n) => {
      const chip = this.chips.children[n];
      chip.setAttribute("aria-pressed", String(name === this.filter));
      chip.lastChild.textContent = count.toLocaleString("en");
    });
  }

  choose(name) {
    this.filter = name;
    if (name === "all") this.element.querySelector("[type=search]").value = this.text = "";
    this.update();
  }

  /** Time went on. */
  tick() {
    this.list.refresh();
  }

  /** Before rows are drawn: the window, and the axis above it. */
  frame() {
    const width = this.axis.clientWidth || 1;
    this.now = this.app.clock.now(); // the same for all rows
    const shown = this.window === "all" ? this.list.items : this.list.visible();
    if (this.window instanceof Scale) this.scale = new Scale(this.window.from, this.window.to, width);
    else this.scale = Scale.around(shown.length ? shown.map((job) => this.span(job)) : [[this.now, this.now]], width);
    this.axis.replaceChildren(...axis(this.scale, this.now));
    this.fits.forEach((each, n) => each.setAttribute("aria-pressed", String(this.window === ["rows", "all"][n])));
  }

  /** Of a job that is not at its end, now belongs to it. */
  span(job) {
    const [from, to] = extent(job);
    return job.state !== "finished" || job.pending.size ? [from, Math.max(to, this.now)] : [from, to];
  }

  draw(row, job) {
    const { now } = this;
    const lane = row.querySelector("svg") ?? svg("svg", { class: "lane" });
    const result = resultOf(job);
    const webhook = webhookOf(job, now);
    lane.replaceChildren(...grid(this.scale, now, this.list.lane), ...bars(job, this.scale, now, this.list.lane / 2));
    row.replaceChildren(
      el(
        "span",
        { class: "who" },
        el("strong", { title: job.personId }, job.personId),
        el("small", {}, `…${job.key} · ${time(job.createdAt).slice(0, 8)}`),
      ),
      lane,
      el(
        "span",
        { class: "what" },
        el("span", { class: `said ${result.kind}` }, result.text),
        el("small", { class: `said ${webhook.kind}` }, webhook.text),
      ),
    );
  }

  fit(mode) {
    this.window = mode;
    this.list.refresh();
  }

  zoom(factor, x) {
    this.window = this.scale.zoomed(factor, x);
    this.list.refresh();
  }

  pan(share) {
    this.window = this.scale.moved(share * this.scale.width);
    this.list.refresh();
  }

  wheel(event) {
    if (!event.target.closest(".lane, .axis") || !(event.ctrlKey || event.deltaX)) return;
    event.preventDefault();
    if (event.ctrlKey)
      this.zoom(event.deltaY > 0 ? 1 / ZOOM : ZOOM, event.clientX - this.axis.getBoundingClientRect().left);
    else this.pan(event.deltaX / this.scale.width);
  }

  /** The axis can be dragged. */
  drag() {
    let last = null;
    this.axis.addEventListener("pointerdown", (event) => {
      last = event.clientX;
      this.axis.setPointerCapture(event.pointerId);
    });
    this.axis.addEventListener("pointermove", (event) => {
      if (last === null) return;
      this.pan((last - event.clientX) / this.scale.width);
      last = event.clientX;
    });
    this.axis.addEventListener("pointerup", () => {
      last = null;
    });
    this.axis.addEventListener("pointercancel", () => {
      last = null;
    });
  }
}
