// The conversation: each exchange once, however often it arrives, with what is still on its way at the end.
import { get, inline, make, shade } from "./dom.js";
import { renderParts } from "./parts.js";

const NEAR = 120; // pixels from the end within which a reader is taken to be at the end
const ROOM = 12; // pixels above what is scrolled to
const MOVES = ["wheel", "touchmove", "pointerdown", "keydown"]; // the page's own scrolling comes with none of them
const SHADES = 8;

export class Conversation {
  /** @param {object} hands - what parts.js asks for */
  constructor(hands) {
    this.hands = hands;
    this.log = get("log");
    this.list = get("messages");
    this.shown = new Map(); // key of an exchange -> element
    this.replaced = new Set(); // keys of those in whose place another is
    this.pending = new Map(); // id of what was sent -> element
    this.presses = new Map(); // id of a press -> its button, until it is answered
    this.drawn = new WeakMap(); // element of an exchange -> what each part of its answer was drawn from
    this.me = null;
    this.stick = true; // follow the end, until the reader scrolls away from it
    this.moved = false; // whether the reader has gone elsewhere since the page scrolled for them
    this.log.addEventListener("scroll", () => this.scrolled(), { passive: true });
    for (const move of MOVES) this.log.addEventListener(move, () => { this.moved = true; }, { passive: true });
    get("newer").addEventListener("click", () => this.toEnd());
    const follow = new ResizeObserver(() => { if (this.stick) this.toEnd(); });
    follow.observe(this.log);
    follow.observe(this.list);
  }

  get empty() {
    return this.shown.size === 0 && this.pending.size === 0;
  }

  /** The store's number of the oldest exchange shown, to ask for earlier ones; null where none is known. */
  get oldest() {
    const numbers = Array.from(this.shown.values(), (element) => element.dataset.number).filter(Boolean);
    return numbers.length ? Math.min(...numbers) : null;
  }

  /** Whether an exchange is shown, or another in its place. */
  has(key) {
    return this.shown.has(key) || this.replaced.has(key);
  }

  /** The keys of all that is shown and that the channel's history has. */
  lasting() {
    return Array.from(this.shown).filter(([, element]) => element.dataset.kept === "true").map(([key]) => key);
  }

  /** The newest page of the channel, below what is shown of it. */
  newest(messages) {
    for (const message of messages) this.place(message);
    this.days();
    if (this.stick) this.reveal(this.list.lastElementChild);
  }

  /** An exchange as it is in the channel now, if it is shown. */
  refresh(message) {
    const element = this.shown.get(message.key);
    if (!element) return;
    if (message.number !== null) element.dataset.number = message.number;
    this.update(element, message);
  }

  /** Takes out what is in the channel no more, or is too far up. */
  clear(keys) {
    for (const key of keys) {
      const element = this.shown.get(key);
      if (!element) continue; // another has come in its place meanwhile
      if (element.contains(document.activeElement)) this.log.focus({ preventScroll: true });
      element.remove();
      this.shown.delete(key);
    }
    this.days();
  }

  /**
   * A new exchange: to who asked it is shown from its top, and to others where they have read to the end, or where it is
   * what was counted down to: the result of a quiz.
   */
  show(message) {
    const mine = this.pending.has(message.of) || this.presses.has(message.of);
    const awaited = message.author === null && this.list.lastElementChild?.querySelector("time.left");
    const element = this.place(message);
    if (!element) return;
    this.days();
    if (mine || this.stick || ((pressing(message) || awaited) && !this.moved)) this.reveal(element);
    else get("newer").hidden = false;
    if (mine) element.querySelector("form.form textarea, form.form input")?.focus({ preventScroll: true });
  }

  /** What Stride says unasked, or says anew; true where it says something else than before, and not a word more or less. */
  post(message) {
    const element = this.shown.get(message.key);
    if (!element) {
      const oldest = this.oldest;
      if (oldest !== null && message.number < oldest) return false; // it comes with those around it
      this.show(message);
      return true;
    }
    const before = element.dataset.lead;
    this.update(element, message);
    return element.dataset.lead !== before;
  }

  /** What there is to say before the answer, in the place where the answer will be; each takes the place of the last. */
  interim({ of, parts }) {
    if (!this.pending.has(of)) this.expect(of, make("li", { class: "exchange pending" }, make("p", { class: "progress" })));
    const element = this.pending.get(of);
    element.querySelector(".progress").replaceWith(make("div", { class: "progress" },
      make("span", { class: "dots", "aria-hidden": "true" }), ...renderParts(parts, this.hands)));
    if (this.stick) this.toEnd();
  }

  /** Puts an exchange at the end, or in the place of the one whose button asked to be replaced; once. */
  place(message) {
    this.drop(message.of);
    this.release(message.of);
    if (this.replaced.has(message.key)) return null;
    if (this.shown.has(message.key)) {
      this.refresh(message);
      return null;
    }
    const element = this.draw(message);
    const old = message.replaces && this.buttons(message.action).at(-1)?.closest(".exchange");
    if (old) {
      this.shown.delete(old.dataset.key);
      this.replaced.add(old.dataset.key);
      old.replaceWith(element);
    } else {
      this.list.insertBefore(element, this.list.querySelector(":scope > .pending"));
    }
    this.keep(message, element);
    return element;
  }

  /** A button was pressed: it shows so until `release`. */
  press(id, button) {
    button.setAttribute("aria-busy", "true");
    this.presses.set(id, button);
  }

  release(id) {
    this.presses.get(id)?.removeAttribute("aria-busy");
    this.presses.delete(id);
  }

  /** Older exchanges, without moving what the reader looks at. */
  prepend(messages) {
    const height = this.log.scrollHeight;
    const top = this.log.scrollTop;
    this.stick = false;
    const fresh = messages.filter((message) => !this.has(message.key));
    const elements = fresh.map((message) => this.draw(message));
    this.list.prepend(...elements);
    fresh.forEach((message, index) => this.keep(message, elements[index]));
    this.days();
    this.log.scrollTop = top + this.log.scrollHeight - height;
    elements.at(-1)?.querySelector("button, a, pre")?.focus({ preventScroll: true });
  }

  /** Something of one's own on its way. */
  wait(id, text, files = []) {
    if (this.pending.has(id)) return;
    const author = this.me ?? { id: "", name: "You" };
    const brought = files.map((name) => make("p", { class: "text note" }, `with ${name}`));
    const asked = this.side(author, new Date(), "said", said(text), ...brought);
    const thinking = make("p", { class: "progress" }, make("span", { class: "dots", "aria-hidden": "true" }), make("span", {}, "Sending…"));
    const element = make("li", { class: "exchange pending" }, asked, thinking);
    element.dataset.text = text;
    this.expect(id, element);
    this.days();
    this.toEnd();
  }

  expect(id, element) {
    this.list.append(element);
    this.pending.set(id, element);
  }

  /** How what is on its way is doing: "Asking torch…" while there is a line, else that it is kept. */
  progress(words) {
    for (const element of this.pending.values()) {
      if (!element.classList.contains("refused")) element.querySelector("p.progress > span:last-child")?.replaceChildren(words);
    }
  }

  /** What was sent got no answer: says why, and gives the words back. */
  refuse(id, words, again) {
    const element = this.pending.get(id);
    if (!element) return false;
    element.classList.add("refused");
    const said = element.dataset.text;
    const button = said === undefined ? null
      : make("button", { type: "button", click: () => { this.drop(id); again(said); } }, "Edit and send again");
    element.querySelector(".progress").replaceWith(make("p", { class: "progress" }, make("span", { role: "alert" }, words), " ", button));
    return true;
  }

  drop(id) {
    this.pending.get(id)?.remove();
    this.pending.delete(id);
  }

  /** Whether one's own words are shown with an answer among the newest exchanges. */
  answered(text) {
    const newest = Array.from(this.shown.values()).slice(-40);
    return newest.some((element) => element.dataset.author === this.me?.id && element.dataset.text === text);
  }

  keep(message, element) {
    this.shown.set(message.key, element);
    if (message.number !== null) element.dataset.number = message.number;
  }

  draw(message) {
    const at = new Date(message.at);
    const unasked = message.author === null;
    const kind = ["answer", message.fault && "fault", message.private && "private"].filter(Boolean).join(" ");
    const parts = timed(message);
    const answer = this.side(null, at, kind, ...renderParts(parts, this.hands));
    if (unasked) answer.setAttribute("aria-label", "Stride said");
    if (unasked) answer.querySelector(".head").append(when(at));
    if (message.private) answer.querySelector(".head").append(make("span", { class: "tag" }, "only you see this"));
    const asked = message.said ? this.side(message.author, at, "said", said(message.said)) : this.pressed(message);
    const element = make("li", { class: "exchange" }, asked, answer);
    Object.assign(element.dataset, { key: message.key, author: message.author?.id ?? "", text: message.said, day: at.toDateString(), kept: message.kept });
    this.drew(element, message, parts);
    return element;
  }

  drew(element, message, parts) {
    this.drawn.set(element, parts.map((part) => JSON.stringify(part)));
    if (message.author === null) Object.assign(element.dataset, { change: message.change, lead: message.plain.split("\n", 1)[0] });
  }

  /** A post as it is now, in its place. Parts that are the same stay, with what is typed into them and who is there. */
  update(element, message) {
    if (message.author !== null || message.change < Number(element.dataset.change)) return; // one that came late
    const body = element.querySelector(".answer .body");
    const focused = element.contains(document.activeElement) ? document.activeElement : null;
    const before = this.drawn.get(element);
    const old = Array.from(body.children);
    const parts = timed(message);
    const wanted = parts.map((part) => {
      const index = before.indexOf(JSON.stringify(part));
      if (index < 0) return renderParts([part], this.hands)[0];
      before[index] = null; // each once
      return old[index];
    });
    for (const child of old) if (!wanted.includes(child)) child.remove();
    let next = body.firstChild; // what stays is not moved, which would take the focus away
    for (const child of wanted) {
      if (child === next) next = next.nextSibling;
      else body.insertBefore(child, next);
    }
    this.drew(element, message, parts);
    if (focused && !focused.isConnected) this.refocus(element, focused);
  }

  /** Whoever was at something that is gone is at what has taken its place, or at the message. */
  refocus(element, gone) {
    const action = gone.dataset.action;
    const heir = action && Array.from(element.querySelectorAll("[data-action]")).find((each) => each.dataset.action === action);
    const answer = element.querySelector(".answer");
    answer.tabIndex = -1;
    (heir || answer).focus({ preventScroll: true });
  }

  /** Says whose press an answer follows, by the words on the button where it can still be seen. */
  pressed(message) {
    if (message.author === null) return null;
    const button = this.buttons(message.action).at(-1);
    const sent = button ? null : this.forms(message.action).at(-1)?.querySelector("h3");
    const what = button ? [" pressed ", make("b", {}, button.textContent)] : sent ? [" sent ", make("b", {}, sent.textContent)] : [" asked on"];
    return make("p", { class: "pressed" }, make("b", {}, message.author.name), ...what);
  }

  /** The buttons of an action that are shown. */
  buttons(action) {
    return Array.from(this.list.querySelectorAll("button[data-action]")).filter((each) => each.dataset.action === action);
  }

  /** The forms of an action that are shown. */
  forms(action) {
    return Array.from(this.list.querySelectorAll("form[data-action]")).filter((each) => each.dataset.action === action);
  }

  /** Someone's half of an exchange; without an author it is Stride's. */
  side(author, at, kind, ...body) {
    const face = author
      ? make("span", { class: `face shade-${shade(author.id, SHADES)}`, "aria-hidden": "true" }, initial(author.name))
      : make("img", { class: "face", src: "/static/logo.svg", alt: "" });
    const head = make("div", { class: "head" }, make("b", {}, author?.name ?? "Stride"));
    if (author) head.append(when(at));
    return make("article", { class: `message ${kind}`, "aria-label": author ? `${author.name} said` : "Stride answered" },
      face, make("div", { class: "side-text" }, head, make("div", { class: "body" }, ...body)));
  }

  /** Each day's first exchange names the day. */
  days() {
    let before = null;
    for (const element of this.list.children) {
      const day = element.dataset.day ?? new Date().toDateString();
      if (day === before) delete element.dataset.newDay;
      else element.dataset.newDay = new Date(day).toLocaleDateString(undefined, { weekday: "long", month: "long", day: "numeric" });
      before = day;
    }
  }

  scrolled() {
    this.stick = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR;
    if (this.stick) get("newer").hidden = true;
  }

  /** Scrolls to the end, but never past the top of what is to be read. */
  reveal(element) {
    const end = this.log.scrollHeight - this.log.clientHeight;
    const top = element ? element.offsetTop - ROOM : end;
    this.log.scrollTop = Math.min(end, top);
    this.moved = false;
    this.stick = end - this.log.scrollTop < NEAR;
    get("newer").hidden = true;
  }

  toEnd() {
    this.stick = true;
    this.moved = false;
    this.log.scrollTop = this.log.scrollHeight;
    get("newer").hidden = true;
  }
}

/** What a person typed: a command in a fixed width, talk as talk. */
function said(text) {
  return text.startsWith("/") || text.includes("\n") ? make("pre", { class: "typed", tabindex: "0" }, text) : make("p", { class: "text" }, ...inline(text));
}

/** The parts of a message; in a post, those that lead up to a moment with when they were said: one bar is enough. */
function timed(message) {
  if (message.author !== null) return message.parts;
  return message.parts.map((part) => (part.until ? { ...part, since: message.at } : part));
}

/** Whether a moment is counted down to: a question of a quiz waits for nobody. */
function pressing(message) {
  return message.author === null && message.parts.some((part) => part.until);
}

const when = (at) => make("time", { datetime: at.toISOString(), title: at.toLocaleString() }, clock(at));
const initial = (name) => (Array.from(name)[0] ?? "?").toUpperCase();
const clock = (at) => at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
