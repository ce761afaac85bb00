// Owns the step chart of a balance over time.

import { el, svg } from "./dom.js";
import { full, instant } from "./time.js";
import { Scale } from "./scale.js";

const HIGH = 180;
const [LEFT, RIGHT, TOP, BOTTOM] = [56, 12, 12, 24];

export class BalanceChart {
  constructor() {
    this.drawing = svg("svg", { class: "chart", height: HIGH, role: "img" });
    this.element = el("div", { class: "chart-box" }, this.drawing);
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.element);
  }

  close() {
    this.observer.disconnect();
  }

  /** `points` from the opening on, of one kind of credit: `{at, balance, amount, why}`. */
  show(points, until) {
    Object.assign(this, { points, until });
    this.draw();
  }

  draw() {
    const width = this.element.clientWidth;
    if (!this.points || !width) return;
    const [first, last] = [this.points[0], this.points.at(-1)];
    this.drawing.setAttribute(
      "aria-label",
      `Balance: ${first.balance} at first, ${last.balance} now, ${this.points.length - 1} changes`,
    );
    const scale = Scale.around([[first.at, Math.max(last.at, this.until)]], width - LEFT - RIGHT);
    const y = heights(this.points.map((each) => each.balance));
    const x = (at) => LEFT + scale.x(at);
    const path = this.points
      .slice(1)
      .reduce((done, each) => `${done}H${x(each.at)}V${y(each.balance)}`, `M${x(first.at)},${y(first.balance)}`);
    const line = `${path}H${x(Math.max(last.at, this.until))}`;
    this.drawing.replaceChildren(
      ...y.ticks.map((value) =>
        svg(
          "g",
          { class: "tick" },
          svg("path", { d: `M${LEFT},${y(value)}H${width - RIGHT}` }),
          svg("text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, value.toLocaleString("en")),
        ),
      ),
      ...scale
        .ticks()
        .map(({ at, label }) =>
          svg("text", { class: "tick-label", x: x(at), y: HIGH - 6, "text-anchor": "middle" }, label),
        ),
      svg("path", { class: "area", d: `${line}V${HIGH - BOTTOM}H${x(first.at)}Z` }),
      svg("path", { class: "line", d: line }),
      ...this.points
        .slice(1)
        .slice(-400)
        .map((each) =>
          svg(
            "circle",
            { class: each.amount < 0 ? "spent" : "granted", cx: x(each.at), cy: y(each.balance), r: 3.5 },
            svg("title", {}, `${full(each.at)}: ${each.amount > 0 ? "+" : ""}${each.amount}, ${each.why}`),
          ),
        ),
    );
  }
}

function heights(values) {
  const highest = Math.max(...values, 1);
  const lowest = Math.min(...values);
  const step = round((highest - lowest) / 3 || highest / 3);
  const bottom = Math.max(Math.floor((lowest - step / 2) / step) * step, 0);
  const top = Math.max(Math.ceil(highest / step) * step, bottom + step);
  const y = (value) => TOP + (1 - (value - bottom) / (top - bottom)) * (HIGH - TOP - BOTTOM);
  y.ticks = [];
  for (let value = bottom; value <= top; value += step) y.ticks.push(value);
  return y;
}

function round(step) {
  const power = 10 ** Math.floor(Math.log10(Math.max(step, 1)));
  return Math.max([1, 2, 5, 10].find((each) => each * power >= step) * power, 1);
}

/** The points of one kind of credit, from the ledger; the opening balance is what was there before the first entry. */
export function balancePoints(account, entries, kind) {
  const mine = entries.filter((each) => each.kind === kind || each.kind === "topup");
  const opened = instant(account.createdAt);
  const start = mine.length ? mine[0].balanceAfter - mine[0].amount : account.credits;
  return [
    { at: opened, balance: start, amount: 0, why: "opened" },
    ...mine.map((each) => ({
      at: Math.max(instant(each.at), opened),
      balance: each.balanceAfter,
      amount: each.amount,
      why: each.why,
    })),
  ];
}
