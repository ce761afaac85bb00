// Owns a list of any length of which only the visible rows exist, used with mouse and keyboard alike.

import { el } from "./dom.js";

const HIGH = 40; // pixels of a row that is not shown yet
const SPARE = 3; // rows beyond the edges

let lists = 0;

export class VirtualList {
  /** `draw(row, item)` fills a row, `name(item)` says it in words, `open(item)` is Enter or a click. */
  constructor({ label, draw, name, open, id, keys = {} }) {
    Object.assign(this, { draw, name, open, id, keys, items: [], active: -1, rows: [], prefix: `list-${++lists}` });
    this.space = el("div", { class: "rows", role: "presentation" });
    this.element = el("div", { class: "list", role: "listbox", tabindex: "0", "aria-label": label }, this.space);
    this.element.addEventListener("scroll", () => this.refresh(), { passive: true });
    this.element.addEventListener("keydown", (event) => this.pressed(event));
    this.element.addEventListener("click", (event) => this.clicked(event));
    this.observer = new ResizeObserver(() => {
      this.measure();
      this.refresh();
    });
    this.observer.observe(this.element);
  }

  close() {
    this.observer.disconnect();
  }

  /** Show these; what is looked at stays where it is when rows come above it. */
  show(items) {
    const scrolled = this.element.scrollTop > 0;
    const top = scrolled ? this.items[Math.floor(this.element.scrollTop / this.high)] : undefined;
    const active = this.items[this.active];
    this.items = items;
    if (active !== undefined) this.active = this.find(active);
    this.measure();
    if (top !== undefined) {
      const moved = this.find(top) - Math.floor(this.element.scrollTop / this.high);
      if (moved > 0) this.element.scrollTop += moved * this.high;
    }
    this.refresh();
  }

  /** How high rows are is up to the style; read when the size of the list changes. */
  measure() {
    const style = getComputedStyle(this.element);
    this.high = parseFloat(style.getPropertyValue("--row")) || HIGH;
    this.lane = parseFloat(style.getPropertyValue("--lane")) || this.high;
    this.space.style.height = `${this.items.length * this.high}px`;
  }

  find(item) {
    const id = this.id(item);
    return this.items.findIndex((each) => this.id(each) === id);
  }

  /** The items that are in sight. */
  visible() {
    const first = Math.floor(this.element.scrollTop / this.high);
    return this.items.slice(first, first + Math.ceil(this.element.clientHeight / this.high) + 1);
  }

  /** Draw the visible rows anew. */
  refresh() {
    if (!this.element.isConnected) return; // it is measured once it is shown, which is observed
    this.before?.();
    const { scrollTop, clientHeight } = this.element;
    const high = this.high;
    const first = Math.max(Math.floor(scrollTop / high) - SPARE, 0);
    const last = Math.min(Math.ceil((scrollTop + clientHeight) / high) + SPARE, this.items.length);
    while (this.rows.length < last - first) this.rows.push(this.row());
    while (this.rows.length > Math.max(last - first, 0)) this.rows.pop().remove();
    this.rows.forEach((row, n) => this.fill(row, first + n, high));
    const shown = this.active >= first && this.active < last;
    if (shown) this.element.setAttribute("aria-activedescendant", `${this.prefix}-${this.active}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  row() {
    const row = el("div", { class: "row", role: "option" });
    this.space.append(row);
    return row;
  }

  fill(row, index, high) {
    const item = this.items[index];
    row.id = `${this.prefix}-${index}`;
    row.dataset.index = index;
    row.dataset.id = this.id(item);
    row.style.transform = `translateY(${index * high}px)`;
    row.setAttribute("aria-posinset", index + 1);
    row.setAttribute("aria-setsize", this.items.length);
    row.setAttribute("aria-selected", String(index === this.active));
    row.setAttribute("aria-label", this.name(item));
    this.draw(row, item);
  }

  clicked(event) {
    const row = event.target.closest(".row");
    if (!row) return;
    this.active = Number(row.dataset.index);
    this.refresh();
    this.open(this.items[this.active]);
  }

  pressed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const page = Math.max(Math.floor(this.element.clientHeight / this.high) - 1, 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in moves) this.move(moves[event.key]);
    else if (event.key === "Enter" && this.items[this.active]) this.open(this.items[this.active]);
    else if (event.key in this.keys) this.keys[event.key]();
    else return;
    event.preventDefault();
  }

  move(by) {
    if (!this.items.length) return;
    this.active = Math.min(Math.max(this.active + by, 0), this.items.length - 1);
    const top = this.active * this.high;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.high > scrollTop + clientHeight) this.element.scrollTop = top + this.high - clientHeight;
    this.refresh();
  }

  choose(item) {
    this.active = item === null ? -1 : this.find(item);
    this.refresh();
  }
}
