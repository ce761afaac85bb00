// Owns keys and theme: shortcuts, the help that tells them, light or dark, the skip link.

const OFF = "clodura-kit-no-single-keys";
const THEME = "clodura-kit-theme";

export function install(app) {
  const dialog = document.getElementById("keys");
  const single = document.getElementById("single-keys");
  single.checked = remembered(OFF) === null;
  single.addEventListener("change", () => remember(OFF, single.checked ? null : "1"));
  document.getElementById("help").addEventListener("click", () => dialog.showModal());
  document.getElementById("theme").addEventListener("click", turn);
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address names the view
    app.main.focus();
  });
  dress(remembered(THEME));
  document.addEventListener("keydown", (event) => {
    if (single.checked && !event.defaultPrevented && !dialog.open && !typing(event)) press(event);
  });
}

function typing({ target, ctrlKey, altKey, metaKey }) {
  return (
    ctrlKey ||
    altKey ||
    metaKey ||
    (target.matches("input, select, textarea") && !target.matches("[type=checkbox], [type=radio]"))
  );
}

function press(event) {
  const links = document.querySelectorAll("nav a");
  const named = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (links[Number(event.key) - 1]) links[Number(event.key) - 1].click();
  else if (event.key === "/") document.querySelector("[data-search]")?.focus();
  else if (named && named.checkVisibility()) named.click();
  else return;
  event.preventDefault();
}

function turn() {
  const dark =
    getComputedStyle(document.documentElement).colorScheme === "dark" ||
    (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  const theme = dark ? "light" : "dark";
  remember(THEME, theme);
  dress(theme);
}

function dress(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
}

/** A page may be without a store, as in a private window. */
function remembered(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // it holds until the page is left
  }
}
