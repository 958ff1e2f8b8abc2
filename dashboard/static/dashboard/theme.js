/** Light or dark: as the system says, until somebody chooses. Runs before the first paint. */
(() => {
  "use strict";
  const KEY = "financequery.theme";
  const root = document.documentElement;
  const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

  const systemTheme = () => (systemIsDark.matches ? "dark" : "light");
  const chosen = () => {
    try {
      const theme = localStorage.getItem(KEY);
      return theme === "dark" || theme === "light" ? theme : null;
    } catch {
      return null; // storage is switched off
    }
  };

  function remember(theme) {
    try {
      if (theme === systemTheme()) {
        localStorage.removeItem(KEY); // and follow the system again
      } else {
        localStorage.setItem(KEY, theme);
      }
    } catch {
      // It holds until the page is left.
    }
  }

  function apply(theme) {
    root.dataset.theme = theme;
    document.querySelector("#theme")?.setAttribute("aria-pressed", String(theme === "dark"));
    document.dispatchEvent(new CustomEvent("theme"));
  }

  apply(chosen() ?? systemTheme());
  systemIsDark.addEventListener("change", () => apply(chosen() ?? systemTheme()));
  document.addEventListener("DOMContentLoaded", () => {
    apply(root.dataset.theme);
    document.querySelector("#theme")?.addEventListener("click", () => {
      const theme = root.dataset.theme === "dark" ? "light" : "dark";
      remember(theme);
      apply(theme);
    });
  });
})();
