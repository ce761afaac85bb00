// Owns making elements. Whatever comes from outside goes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element; `on` holds listeners, `null` and `false` attributes are left out, `true` is an empty one. */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for drawings. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, { on = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  for (const [name, listener] of Object.entries(on)) node.addEventListener(name, listener);
  node.append(...children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false));
  return node;
}

/** A button that does something; while that runs it cannot be pressed again. */
export function button(text, act, attributes = {}) {
  return el(
    "button",
    { type: "button", ...attributes, on: { click: (event) => busy(event.currentTarget, act) } },
    text,
  );
}

export async function busy(control, act) {
  if (control.getAttribute("aria-busy") === "true") return;
  control.setAttribute("aria-busy", "true"); // and not disabled: that would lose the focus
  try {
    await act();
  } finally {
    control.removeAttribute("aria-busy");
  }
}

/** Several things in a row of a description list. */
export function facts(entries) {
  const shown = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el(
    "dl",
    { class: "facts" },
    shown.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
  );
}

/** A document as indented JSON, text as it is. It can be scrolled with the keyboard. */
export function code(document, label) {
  const text = typeof document === "string" ? document : JSON.stringify(document, null, 2);
  return el("pre", { class: "code", tabindex: "0", role: "region", "aria-label": label }, text);
}

export function headers(named, label) {
  return code(
    Object.entries(named)
      .map(([name, value]) => `${name}: ${value}`)
      .join("\n"),
    label,
  );
}

export function pill(text, kind) {
  return el("span", { class: `pill ${kind}` }, text);
}

/** A heading with what belongs to it. */
export function card(title, ...children) {
  return el("section", { class: "card" }, el("h2", {}, title), ...children);
}

export function field(label, control, hint) {
  return el("label", { class: "field" }, el("span", {}, label), control, hint ? el("small", {}, hint) : null);
}

export function select(name, options, chosen, attributes = {}) {
  const made = options.map(([value, text]) => el("option", { value, selected: value === chosen }, text));
  return el("select", { name, ...attributes }, made);
}

/** A list that cannot be read yet, or has nothing in it: what to do about that. */
export function empty(title, ...children) {
  return el("div", { class: "empty" }, el("h2", {}, title), ...children);
}

export function check(name, text, checked = false) {
  return el("label", { class: "check" }, el("input", { type: "checkbox", name, checked }), ` ${text}`);
}

/** A table that scrolls in itself where it is too wide or too long. */
export function table(label, heads, rows) {
  const head = el(
    "tr",
    {},
    heads.map((each) => el("th", { scope: "col" }, each)),
  );
  const whole = el("table", {}, el("thead", {}, head), el("tbody", {}, rows));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, whole);
}

/** A view that cannot be shown: why, and where to go. */
export function missing(title, why, hash, where) {
  return empty(title, el("p", {}, why), el("a", { href: hash, class: "button" }, where));
}
