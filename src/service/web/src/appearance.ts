// Dark or light, and the mode for a screen on the wall.
import { part } from "./dom.js";

const theme_key = "braggd.theme";

function systemIsDark(): boolean {
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export function appearance(): void {
  const root = document.documentElement;
  const theme = part("theme");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : systemIsDark());
  const name = () => (theme.textContent = isDark() ? "Light" : "Dark");
  const stored = localStorage.getItem(theme_key);
  if (stored === "dark" || stored === "light") root.dataset.theme = stored;
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    // What the system says anyway need not be remembered: the page then follows it again.
    if (isDark() === systemIsDark()) localStorage.removeItem(theme_key);
    else localStorage.setItem(theme_key, root.dataset.theme);
    name();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  name();

  const wall = part("wall");
  const setWall = (on: boolean) => {
    document.body.classList.toggle("wall", on);
    wall.setAttribute("aria-pressed", String(on));
    const address = new URL(location.href);
    if (on) address.searchParams.set("wall", "1");
    else address.searchParams.delete("wall");
    if (address.href !== location.href) history.replaceState(null, "", address);
  };
  wall.addEventListener("click", () => setWall(!document.body.classList.contains("wall")));
  setWall(new URLSearchParams(location.search).get("wall") === "1");
}
