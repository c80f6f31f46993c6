// Puts the page together: one channel, one line to the server, and what each frame from it means here.
import { CatchUp } from "./catchup.js";
import { Composer } from "./composer.js";
import { setClock, when } from "./countdown.js";
import { freshId, get, inline, make } from "./dom.js";
import { upload } from "./files.js";
import { Conversation } from "./messages.js";
import { People } from "./people.js";
import { Line } from "./socket.js";

const channel = decodeURIComponent(location.pathname.split("/")[2] ?? "general");
const conversation = new Conversation({
  act: async (action, values, button, chosen = []) => {
    const id = freshId();
    conversation.press(id, button);
    try {
      const files = await Promise.all(chosen.map(upload));
      line.post({ type: "act", id, action, values, files });
    } catch (fault) {
      conversation.release(id);
      composer.complain(fault.message);
    }
  },
  use: (text) => composer.fill(text),
});
const composer = new Composer(say, (frame) => line.ask(frame), `stride.draft.${channel}`);
const catchUp = new CatchUp(conversation, {
  ask: (before) => line.ask({ type: "earlier", before }),
  more: (earlier) => { get("earlier").hidden = !earlier; },
});
const people = new People((name) => line.ask({ type: "name", name }));
const line = new Line(channel, { frame: hear, state: showState });

document.title = `#${channel} · Stride`;
get("channel-name").textContent = channel;
get("earlier").addEventListener("click", () => line.ask({ type: "earlier", before: conversation.oldest }));
get("menu").addEventListener("click", () => drawer(!document.body.classList.contains("drawer")));
get("open").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = get("open-name").value.trim().toLowerCase().replace(/^#/, "").replace(/[^a-z0-9-]+/g, "-").replace(/^-+|-+$/g, "");
  if (name) location.assign(`/c/${encodeURIComponent(name)}`);
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.body.classList.contains("drawer")) {
    drawer(false);
    get("menu").focus();
  } else if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.closest("input, textarea, select, dialog")) {
    event.preventDefault();
    composer.fill(composer.box.value || "/");
  }
});
line.open();
if (matchMedia("(hover: hover)").matches) composer.box.focus();

function say(text, files = [], names = []) {
  const id = freshId();
  conversation.wait(id, text, names);
  get("empty").hidden = true;
  const gone = line.post({ type: "say", id, text, files });
  conversation.progress(gone ? "Asking torch…" : "Waiting for the connection…");
}

const FRAMES = {
  welcome(frame) {
    setClock(frame.now);
    outdated(frame.client !== document.body.dataset.client);
    conversation.me = frame.you;
    composer.palette.commands = frame.commands;
    composer.most = frame.most;
    composer.attachments.limits = frame.files;
    get("attach").hidden = !frame.commands.some((command) => command.file);
    people.me(frame.you);
    people.here(frame.people);
    channels(frame.channels);
    catchUp.begin(frame);
    for (const unsent of line.waiting()) if (unsent.type === "say") conversation.wait(unsent.id, unsent.text);
    conversation.progress("Asking torch…");
    teach(frame.commands);
  },
  message(frame) {
    conversation.show(frame.message);
    get("empty").hidden = true;
    announce(frame.message);
  },
  post(frame) {
    const news = conversation.post(frame.message);
    get("empty").hidden = true;
    if (news) announce(frame.message); // once a question, and not with everybody who answers it
  },
  interim(frame) {
    conversation.interim(frame);
    announce(frame);
  },
  earlier(frame) {
    if (catchUp.hear(frame)) return;
    conversation.prepend(frame.messages);
    get("earlier").hidden = !frame.earlier;
  },
  taken(frame) {
    conversation.release(frame.id);
    const text = conversation.pending.get(frame.id)?.dataset.text;
    if (text === undefined) conversation.drop(frame.id); // a press, of which nothing but its progress was shown
    if (!frame.before || text === undefined) return;
    if (conversation.answered(text)) conversation.drop(frame.id);
    else conversation.refuse(frame.id, "The answer was lost on its way.", (words) => composer.fill(words));
  },
  refused(frame) {
    conversation.release(frame.id);
    if (!conversation.refuse(frame.id, frame.words, (words) => composer.fill(words))) composer.complain(frame.words);
  },
  completions: (frame) => composer.palette.hear(frame),
  people: (frame) => people.here(frame.people),
  you(frame) {
    conversation.me = frame.you;
    people.me(frame.you);
  },
  trouble: (frame) => (frame.about === "name" ? people.refuse(frame.words) : composer.complain(frame.words)),
};

function hear(frame) {
  FRAMES[frame.type]?.(frame);
}

function showState(state, detail) {
  const words = {
    open: "",
    connecting: "Connecting…",
    waiting: detail || "No connection. Trying again; what you send is kept.",
    out: detail || "You are no longer let in: ask for a new invite.",
  };
  get("state").textContent = words[state];
  document.body.dataset.line = state;
  if (state === "waiting") conversation.progress("Waiting for the connection…");
}

/** Tells a screen reader about an answer once, without reading the whole page again. */
function announce({ plain, parts }) {
  const soon = parts.filter((part) => part.until);
  const words = soon.reduce((text, part) => text.replace(part.plain, () => `${part.text} ${when(part.until)}`), plain);
  get("said").textContent = `Stride: ${words}`;
}

/** A page that stayed open while the server became another version goes on; a reload, when it suits, brings the new one. */
function outdated(older) {
  if (older === get("updated").hasChildNodes()) return;
  get("updated").replaceChildren(...(older ? ["Stride has been updated. What you have typed stays.",
    make("button", { type: "button", click: () => location.reload() }, "Reload")] : []));
}

function channels(names) {
  get("channels").replaceChildren(...names.map((name) => make("li", {},
    make("a", { href: `/c/${encodeURIComponent(name)}`, "aria-current": name === channel ? "page" : null },
      make("span", { "aria-hidden": "true" }, "#"), name))));
}

function drawer(open) {
  document.body.classList.toggle("drawer", open);
  get("menu").setAttribute("aria-expanded", String(open));
  if (open) get("side").querySelector("a, input")?.focus();
}

/** An empty channel shows what can be asked here, as examples that run when pressed. */
function teach(commands) {
  get("empty").hidden = !conversation.empty;
  const examples = commands.flatMap((command) => command.examples).slice(0, 6);
  get("empty").replaceChildren(
    make("img", { src: "/static/logo.svg", alt: "", width: "56", height: "56" }),
    make("h2", {}, "What comes out of this layer?"),
    make("p", {}, ...inline("Ask in one line, in shorthand or as pasted from a notebook. Each answer has been run by torch before you see it.")),
    make("ul", { class: "examples" }, ...examples.map((example) => make("li", {},
      make("button", { type: "button", click: () => say(example.text) },
        make("code", {}, example.text), make("span", {}, ...inline(example.says)))))),
    make("p", { class: "aside" }, ...inline("Press one to run it, or type `/` to see every command.")),
  );
}
