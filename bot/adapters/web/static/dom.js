// The one way elements are made here: text is always text, so nothing that someone typed can become markup.

/** An element with attributes (a function becomes a listener, true an empty attribute) and children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A line drawing of 24 by 24, as decoration. */
export function icon(path) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** Text in which `code` between backticks is the only markup, as nodes. */
export function inline(text) {
  return text.split(/(`[^`\n]+`)/).map((piece, index) =>
    index % 2 ? make("code", {}, piece.slice(1, -1)) : document.createTextNode(piece));
}

/** The element with an id; the page is ours, so it is there. */
export const get = (id) => document.getElementById(id);

/** An id that nobody else makes; `randomUUID` exists on secure origins alone, and a page on a LAN is none. */
export function freshId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A small number from a text, the same everywhere: it picks a person's colour. */
export function shade(text, count) {
  let sum = 0;
  for (const mark of text) sum = (sum * 31 + mark.codePointAt(0)) >>> 0;
  return sum % count;
}
