// Moments that words lead up to. One timer serves all that are shown, by the server's clock: this browser's may be wrong.
import { make } from "./dom.js";

const OFTEN = 200; // milliseconds: a second is never seen to be skipped
const NOW = 3_000; // milliseconds for which a moment that has come is called "now"
const LONGEST_BAR = 15 * 60_000; // a bar that takes longer does not seem to move
const [MINUTE, HOUR, DAY] = [60, 3_600, 86_400]; // seconds

let ahead = 0; // milliseconds that the server's clock is ahead of ours
let timer = null;

/** Takes over what time the server has. */
export function setClock(now) {
  ahead = Date.parse(now) - Date.now();
}

/**
 * What follows the words: how long it is until a moment, and a bar that shrinks until then.
 * @param {string} until - the moment, as ISO 8601
 * @param {string} [since] - when the words were said, which is where the bar is full
 */
export function countdown(until, since) {
  // A timer is read out when somebody comes to it, and not each second.
  const left = make("time", { class: "left", datetime: until, role: "timer" });
  say(left);
  timer ??= setInterval(tick, OFTEN);
  return [left, shrinking(Date.parse(until), Date.parse(since))].filter(Boolean);
}

function tick() {
  const counting = [...document.querySelectorAll("time.left")].filter(say);
  if (counting.length) return;
  clearInterval(timer);
  timer = null;
}

/** Brings the words up to date; false where they stay as they are from now on. */
function say(left) {
  const words = when(left.dateTime);
  if (left.textContent !== words) left.textContent = words;
  return !words.startsWith("at ");
}

/** How long it is until a moment, in words, or when it was. */
export function when(until) {
  const ms = Date.parse(until) - Date.now() - ahead;
  if (ms > 0) return `in ${length(Math.ceil(ms / 1000))}`;
  return ms > -NOW ? "now" : `at ${new Date(until).toLocaleTimeString()}`;
}

function length(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  if (seconds < MINUTE) return `${seconds} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ${two(seconds % MINUTE)} s`;
  const minutes = Math.round(seconds / MINUTE);
  if (seconds < DAY) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  const days = Math.round(seconds / DAY);
  return days === 1 ? "a day" : `${days} days`;
}

function shrinking(until, since) {
  const left = until - Date.now() - ahead;
  if (!(left > 0 && until - since <= LONGEST_BAR)) return null;
  const inside = make("span", {});
  const full = Math.min(1, left / (until - since));
  const bar = make("span", { class: "bar-left", "aria-hidden": "true" }, inside);
  const shrinks = inside.animate([{ transform: `scaleX(${full})` }, { transform: "scaleX(0)" }], { duration: left, fill: "forwards" });
  shrinks.addEventListener("finish", () => bar.classList.add("spent")); // its room stays, so that no button moves
  return bar;
}
