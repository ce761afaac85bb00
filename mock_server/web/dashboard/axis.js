// Owns the drawing of the time axis: its ticks and the mark for now.

import { svg } from "./dom.js";
import { full } from "./time.js";

const NEAR = 52; // pixels from now in which a label would be covered

export function axis(scale, now) {
  const near = ({ at }) => Math.abs(scale.x(at) - scale.x(now)) < NEAR;
  const ticks = scale.ticks().map((each) => tick(scale.x(each.at), near(each) ? "" : each.label, scale.width));
  return [...ticks, nowMark(scale, now)].filter((each) => each !== null);
}

function tick(x, label, width) {
  const anchor = x < 30 ? "start" : x > width - 30 ? "end" : "middle";
  return svg(
    "g",
    { class: "tick" },
    svg("path", { d: `M${x},22V30` }),
    svg("text", { x, y: 16, "text-anchor": anchor }, label),
  );
}

function nowMark(scale, now) {
  const x = scale.x(now);
  if (x < 0 || x > scale.width) return null;
  const anchor = x < 24 ? "start" : x > scale.width - 24 ? "end" : "middle";
  return svg(
    "g",
    { class: "now" },
    svg("title", {}, `now: ${full(now)}`),
    svg("path", { d: `M${x},20V30` }),
    svg("rect", { x: x - (anchor === "start" ? 0 : anchor === "end" ? 32 : 16), y: 3, width: 32, height: 17, rx: 4 }),
    svg(
      "text",
      { x: anchor === "start" ? x + 16 : anchor === "end" ? x - 16 : x, y: 16, "text-anchor": "middle" },
      "now",
    ),
  );
}

/** The lines that go through a row. */
export function grid(scale, now, high) {
  const at = scale.x(now);
  return [
    ...scale.ticks().map(({ at: instant }) => svg("path", { class: "gridline", d: `M${scale.x(instant)},0V${high}` })),
    at >= 0 && at <= scale.width ? svg("path", { class: "nowline", d: `M${at},0V${high}` }) : null,
  ].filter((each) => each !== null);
}
