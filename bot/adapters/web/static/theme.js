// Light or dark before the first paint: what the person chose here, or else what their system says.
"use strict";
(() => {
  const KEY = "stride.theme";
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage can be switched off; the system's choice still holds
    }
  };
  const paint = () => {
    document.documentElement.dataset.theme = chosen() ?? (system.matches ? "dark" : "light");
  };
  const flip = () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try {
      if ((next === "dark") === system.matches) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, next);
    } catch {
      document.documentElement.dataset.theme = next;
      return;
    }
    paint();
  };
  paint();
  system.addEventListener("change", paint);
  addEventListener("storage", paint);
  document.addEventListener("DOMContentLoaded", () => document.getElementById("theme")?.addEventListener("click", flip));
})();
