// Owns one job drawn alone, with an axis of its own.

import { axis, grid } from "./axis.js";
import { bars } from "./bars.js";
import { el, svg } from "./dom.js";
import { extent } from "./jobs.js";
import { Scale } from "./scale.js";

const HIGH = 44;

export class Strip {
  constructor(clock) {
    this.clock = clock;
    this.job = null;
    this.axis = svg("svg", { class: "axis", height: 30, "aria-hidden": "true" });
    this.lane = svg("svg", { class: "lane", height: HIGH, "aria-hidden": "true" });
    this.element = el("div", { class: "strip" }, this.axis, this.lane);
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.element);
  }

  show(job) {
    this.job = job;
    this.draw();
  }

  draw() {
    if (!this.job) return;
    const now = this.clock.now();
    const [from, to] = extent(this.job);
    const unfinished = this.job.state !== "finished" || this.job.pending.size;
    const scale = Scale.around([[from, unfinished ? Math.max(to, now) : to]], this.element.clientWidth || 1);
    this.axis.replaceChildren(...axis(scale, now));
    this.lane.replaceChildren(...grid(scale, now, HIGH), ...bars(this.job, scale, now, HIGH / 2));
  }

  close() {
    this.observer.disconnect();
  }
}
