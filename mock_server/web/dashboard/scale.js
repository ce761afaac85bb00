// Owns the time axis: where an instant is drawn, which ticks are round, and how the window moves.

const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1800e3, 3600e3,
  7200e3, 14400e3, 21600e3, 43200e3, 86400e3, 172800e3, 604800e3, 2592000e3, 31536000e3,
];
const APART = 96; // pixels between two ticks, at least
const AIR = 34; // pixels beside the first and the last, for signs that stand there
const SHORTEST = 20; // milliseconds in a window

export class Scale {
  constructor(from, to, width) {
    const middle = (from + to) / 2;
    const half = Math.max(to - from, SHORTEST) / 2;
    Object.assign(this, { from: middle - half, to: middle + half, width });
  }

  /** A window around some spans of time, with air on both sides. */
  static around(spans, width) {
    const from = Math.min(...spans.map(([start]) => start));
    const to = Math.max(...spans.map(([, end]) => end), from + 1000);
    const air = (to - from) * Math.max(0.04, AIR / width);
    return new Scale(from - air, to + air, width);
  }

  x(at) {
    return ((at - this.from) / (this.to - this.from)) * this.width;
  }

  at(x) {
    return this.from + (x / this.width) * (this.to - this.from);
  }

  zoomed(factor, x = this.width / 2) {
    const fixed = this.at(x);
    return new Scale(fixed - (fixed - this.from) * factor, fixed + (this.to - fixed) * factor, this.width);
  }

  moved(pixels) {
    const by = this.at(pixels) - this.from;
    return new Scale(this.from + by, this.to + by, this.width);
  }

  ticks() {
    this.drawn ??= this.rounded();
    return this.drawn;
  }

  rounded() {
    const least = ((this.to - this.from) / this.width) * APART;
    const step = STEPS.find((each) => each >= least) ?? STEPS.at(-1);
    const ticks = [];
    for (let at = Math.ceil(this.from / step) * step; at <= this.to; at += step)
      ticks.push({ at, label: label(at, step) });
    return ticks;
  }
}

function label(at, step) {
  const text = new Date(Math.round(at)).toISOString();
  if (step < 1000) return text.slice(11, 23);
  if (step < 60e3) return text.slice(11, 19);
  return step < 86400e3 ? text.slice(11, 16) : text.slice(0, 10);
}
