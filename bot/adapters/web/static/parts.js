// A reply's parts as elements: one function a kind, the same eight kinds that every platform gets.
import { countdown } from "./countdown.js";
import { icon, inline, make } from "./dom.js";
import { size } from "./files.js";
import { highlight } from "./highlight.js";

const COPY = "M9 9h10v11H9zM5 15V4h10";
const USE = "M5 12h13M13 6.5 18.5 12 13 17.5";
const DOWN = "M12 4v11M7 11l5 5 5-5M5 20h14";
const MARKS = { good: "✓", bad: "✕" };
const NUMBER = /^[-+]?\d[\d,._]*%?$/;
const MARKED = /^ *\^+ *$/m; // a line that points at a column of the one above
const LEAST_ROWS = 8; // of a field for several lines
const MOST_ROWS = 24;
const LONG = 18; // characters of a cell beyond which it may be broken
const PROSE = /[a-z]{2,} [a-z]{2,}/i;
const HEADLINE = /^(?:([^:(]+): )?(.+) → (.+)$/s;

/**
 * The elements of a reply.
 * @param {object[]} parts - as the server rendered them; `since` is when a text that leads up to a moment was said
 * @param {{act: (action: string, values: object, button: HTMLElement, files?: File[]) => void, use: (text: string) => void}} hands -
 *   `act` is called when something is pressed, chosen or submitted; `use` puts a command into the message box
 */
export function renderParts(parts, hands) {
  return parts.map((part) => (KINDS[part.type] ?? unknown)(part, hands));
}

const KINDS = {
  text: (part, { use }) => {
    if (part.tone === "heading") return heading(part.text);
    const mark = MARKS[part.tone];
    const lead = mark ? make("span", { class: "mark", "aria-hidden": "true" }, mark) : null;
    const words = part.tone === "bad" ? inline(part.text) : usable(part.text, use);
    const [left, bar] = part.until ? countdown(part.until, part.since) : [];
    return make("p", { class: `text ${part.tone}` }, lead, make("span", {}, ...words, ...(left ? [" ", left] : [])), bar);
  },

  code: (part, { use }) => {
    const body = make("code", {}, ...highlight(part.code, part.language));
    const block = make("pre", { tabindex: "0", role: "group", "aria-label": part.language ? `Code, ${part.language}` : "Code" }, body);
    const command = part.code.startsWith("/") && !part.code.includes("\n");
    const tools = make("div", { class: "tools" },
      command ? make("button", { type: "button", click: () => use(part.code) }, icon(USE), make("span", {}, "Use")) : null, copyButton(part.code));
    const kind = part.language ? "source" : MARKED.test(part.code) ? "working marked" : "working";
    return make("div", { class: `code ${kind}` }, block, tools);
  },

  table: (part) => {
    const kinds = part.headers.map((_, column) => columnKind(part.rows.map((row) => row[column])));
    const kind = (text, column) => kinds[column] ?? (text.length > LONG ? "long" : null);
    const cell = (tag, extra) => (text, column) => make(tag, { class: kind(text, column), ...extra }, ...inline(text));
    const table = make("table", {},
      make("thead", {}, make("tr", {}, ...part.headers.map((text, column) => (text ? cell("th", { scope: "col" })(text, column) : make("td", {}))))),
      make("tbody", {}, ...part.rows.map((row) => make("tr", {}, ...row.map(cell("td", {}))))));
    if (part.title) table.prepend(make("caption", {}, ...inline(part.title)));
    return make("div", { class: "table", tabindex: "0", role: "group", "aria-label": part.title || "Table" }, table);
  },

  picture: (part) => {
    const [width, height] = part.size ?? []; // known before it is there, so that nothing jumps
    return make("figure", {}, make("img", { src: part.address, alt: part.alt, width, height, loading: "lazy", decoding: "async" }));
  },

  file: (part) => make("a", { class: "file", href: part.address, download: part.name }, icon(DOWN),
    make("span", {}, part.name), make("small", {}, size(part.size))),

  buttons: (part, { act }) => make("div", { class: "buttons", role: "group", "aria-label": "What next" },
    ...part.buttons.map((button) => make("button", {
      type: "button",
      class: button.style,
      "data-action": button.action,
      click: ({ currentTarget, detail }) => {
        // The second click of a double one comes after many an answer, and means nothing by itself.
        if (detail < 2 && currentTarget.getAttribute("aria-busy") !== "true") act(button.action, {}, currentTarget);
      },
    }, button.label))),

  select: (part, { act }) => {
    const choice = make("select", { name: "choice" }, ...part.options.map(([value, label]) => make("option", { value }, label)));
    return form(part.action, act, make("label", {}, make("span", {}, part.label), choice), "Choose", "select");
  },

  form: (part, { act }) => {
    const fields = part.fields.map((field) => make("label", {}, make("span", {}, field.label), input(field)));
    const long = part.fields.some((field) => field.multiline);
    const hint = long ? make("p", { class: "note" }, make("kbd", {}, "Ctrl"), "+", make("kbd", {}, "Enter"), " sends") : null;
    return form(part.action, act, [make("h3", {}, part.title), ...fields], "Send", "form", hint);
  },
};

/** The line that says most: of `Conv1d: (3, 100) → (16, 98)`, what comes out stands out. */
function heading(text) {
  const found = HEADLINE.exec(text);
  if (!found) return make("h2", { class: "text heading" }, ...inline(text));
  const [, name, given, got] = found;
  return make("h2", { class: "text heading shapes" }, name ? make("span", { class: "name" }, ...inline(name), make("span", { class: "unseen" }, ": ")) : null,
    make("span", { class: "given" }, ...inline(given)), make("span", { class: "arrow" }, " → "), make("span", { class: "got" }, ...inline(got)));
}

/** Text whose commands can be pressed, to put them into the message box. */
function usable(text, use) {
  return inline(text).map((node) => (node.nodeName === "CODE" && node.textContent.startsWith("/")
    ? make("button", { type: "button", class: "usable", title: "Put it in the message box", click: () => use(node.textContent) }, node)
    : node));
}

/** Numbers stand under each other, sentences may wrap, and everything else is code. */
function columnKind(cells) {
  const full = cells.filter(Boolean);
  if (full.length && full.every((cell) => NUMBER.test(cell))) return "number";
  const prose = full.filter((cell) => PROSE.test(cell) && !cell.startsWith("/")).length;
  return prose * 2 > full.length ? "prose" : null;
}

function unknown() {
  return make("p", { class: "text note" }, "This part needs a newer page: reload to see it.");
}

function input(field) {
  const attributes = { name: field.name, required: field.required };
  if (field.file) return make("input", { ...attributes, type: "file" });
  if (!field.multiline) return make("input", { ...attributes, value: field.value });
  const rows = Math.min(MOST_ROWS, Math.max(LEAST_ROWS, field.value.split("\n").length + 1));
  const area = make("textarea", {
    ...attributes, rows: String(rows), spellcheck: "false", autocapitalize: "none", autocorrect: "off",
    "aria-keyshortcuts": "Control+Enter",
    keydown: (event) => { // Tab stays the way out, as everywhere on the page
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
        event.preventDefault();
        area.form.requestSubmit();
      }
    },
  });
  area.value = field.value;
  return area;
}

function form(action, act, inside, label, kind, hint = null) {
  const send = make("button", { type: "submit", class: "primary" }, label);
  return make("form", {
    class: kind,
    "data-action": action,
    autocomplete: "off",
    submit: (event) => {
      event.preventDefault();
      if (send.getAttribute("aria-busy") === "true") return;
      const filled = [...new FormData(event.target)];
      const files = filled.map(([, value]) => value).filter((value) => value instanceof File && value.name);
      act(action, Object.fromEntries(filled.filter(([, value]) => !(value instanceof File))), send, files);
    },
  }, ...[inside].flat(), hint ? make("div", { class: "row" }, send, hint) : send);
}

function copyButton(text) {
  const button = make("button", { type: "button", class: "copy" }, icon(COPY), make("span", {}, "Copy"));
  button.addEventListener("click", async () => {
    button.lastChild.textContent = (await copy(text)) ? "Copied" : "Press Ctrl+C";
    setTimeout(() => { button.lastChild.textContent = "Copy"; }, 1600);
  });
  return button;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // no clipboard on a plain http origin other than localhost: the old way still works there
    const area = make("textarea", { class: "unseen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
