// A reply's parts as elements: one function a kind, the same eight kinds that every platform gets.
import { icon, inline, make } from "./dom.js";
import { highlight } from "./highlight.js";

const COPY = "M9 9h10v11H9zM5 15V4h10";
const DOWN = "M12 4v11M7 11l5 5 5-5M5 20h14";
const MARKS = { good: "✓", bad: "✕" };
const NUMBER = /^[-+~≈]?[\d\s,._]+(?:[KMGT]?i?B?|%|M|K|G)?$/;

/**
 * The elements of a reply.
 * @param {object[]} parts - as the server rendered them
 * @param {(action: string, values: object) => void} act - called when something is pressed, chosen or submitted
 */
export function renderParts(parts, act) {
  return parts.map((part) => (KINDS[part.type] ?? unknown)(part, act));
}

const KINDS = {
  text: (part) => {
    const mark = MARKS[part.tone];
    const tag = part.tone === "heading" ? "h3" : "p";
    const lead = mark ? [make("span", { class: "mark", "aria-hidden": "true" }, mark)] : [];
    return make(tag, { class: `text ${part.tone}` }, ...lead, make("span", {}, ...inline(part.text)));
  },

  code: (part) => {
    const body = make("code", {}, ...highlight(part.code, part.language));
    const block = make("pre", { tabindex: "0", role: "region", "aria-label": part.language ? `Code, ${part.language}` : "Code" }, body);
    return make("div", { class: part.language ? "code source" : "code working" }, block, copyButton(part.code));
  },

  table: (part) => {
    const numeric = part.headers.map((_, column) => part.rows.length > 0 && part.rows.every((row) => NUMBER.test(row[column] || "0")));
    const cell = (tag, extra) => (text, column) => make(tag, { class: numeric[column] ? "number" : null, ...extra }, ...inline(text));
    const table = make("table", {},
      make("thead", {}, make("tr", {}, ...part.headers.map(cell("th", { scope: "col" })))),
      make("tbody", {}, ...part.rows.map((row) => make("tr", {}, ...row.map(cell("td", {}))))));
    if (part.title) table.prepend(make("caption", {}, ...inline(part.title)));
    return make("div", { class: "table", tabindex: "0", role: "region", "aria-label": part.title || "Table" }, table);
  },

  picture: (part) => {
    const address = blobAddress(part.data, `image/${part.kind}`);
    return make("figure", {}, make("img", { src: address, alt: part.alt, loading: "lazy" }));
  },

  file: (part) => {
    const address = blobAddress(part.data, "application/octet-stream"); // never opened as a page of ours
    return make("a", { class: "file", href: address, download: part.name }, icon(DOWN),
      make("span", {}, part.name), make("small", {}, size(part.size)));
  },

  buttons: (part, act) => make("div", { class: "buttons", role: "group", "aria-label": "What next" },
    ...part.buttons.map((button) => make("button", {
      type: "button",
      class: button.style,
      "data-action": button.action,
      click: (event) => { busy(event.currentTarget); act(button.action, {}); },
    }, button.label))),

  select: (part, act) => {
    const choice = make("select", { name: "choice" }, ...part.options.map(([value, label]) => make("option", { value }, label)));
    return form(part.action, act, make("label", {}, make("span", {}, part.label), choice), "Choose", "select");
  },

  form: (part, act) => {
    const fields = part.fields.map((field) => make("label", {}, make("span", {}, field.label), input(field)));
    return form(part.action, act, [make("h4", {}, part.title), ...fields], "Send", "form");
  },
};

function unknown() {
  return make("p", { class: "text note" }, "This part needs a newer page: reload to see it.");
}

function input(field) {
  const attributes = { name: field.name, required: field.required };
  if (!field.multiline) return make("input", { ...attributes, value: field.value });
  const area = make("textarea", { ...attributes, rows: "5", spellcheck: "false" });
  area.value = field.value;
  return area;
}

function form(action, act, inside, label, kind) {
  return make("form", {
    class: kind,
    autocomplete: "off",
    submit: (event) => {
      event.preventDefault();
      busy(event.submitter);
      act(action, Object.fromEntries(new FormData(event.target)));
    },
  }, ...[inside].flat(), make("button", { type: "submit", class: "primary" }, label));
}

/** Shows that a press was taken, for as long as an answer may reasonably need. */
function busy(button) {
  button?.setAttribute("aria-busy", "true");
  setTimeout(() => button?.removeAttribute("aria-busy"), 1500);
}

function copyButton(text) {
  const button = make("button", { type: "button", class: "copy", "aria-label": "Copy" }, icon(COPY), make("span", {}, "Copy"));
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

function blobAddress(base64, kind) {
  const bytes = Uint8Array.from(atob(base64), (mark) => mark.charCodeAt(0));
  return URL.createObjectURL(new Blob([bytes], { type: kind }));
}

function size(bytes) {
  return bytes < 1024 ? `${bytes} B` : bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
