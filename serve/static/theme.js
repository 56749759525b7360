// Dark or light: as the system says, until a person says otherwise.

import { isDark } from "./colours.js";
import { the } from "./dom.js";

const KEY = "theme";

/** As it was chosen the last time. */
export function restoreTheme() {
  const chosen = localStorage.getItem(KEY);
  if (chosen) document.documentElement.dataset.theme = chosen;
}

/** @param {() => void} changed is called when what is drawn must be drawn in other colours */
export function listenToTheme(changed) {
  the("theme-button").addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    localStorage.setItem(KEY, document.documentElement.dataset.theme);
    changed();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}
