// The command palette: ways to go on, as one types. An ARIA combobox: focus stays in the box, the arrows move a choice.
import { get, inline, make } from "./dom.js";

const LONGEST = 2000; // characters that the server goes on from
const PAUSE = 40; // milliseconds without a key before the server is asked

export class Palette {
  /**
   * @param {HTMLTextAreaElement} box
   * @param {(frame: object) => boolean} ask
   * @param {() => void} changed - called after a choice was put into the box
   */
  constructor(box, ask, changed) {
    this.box = box;
    this.ask = ask;
    this.changed = changed;
    this.panel = get("palette");
    this.list = get("options");
    this.usage = get("usage");
    this.commands = [];
    this.items = [];
    this.chosen = -1;
    this.asked = 0;
    this.timer = null;
    box.addEventListener("input", () => this.typed());
    box.addEventListener("blur", () => this.close());
    box.addEventListener("focus", () => { if (box.value) this.typed(); });
  }

  get open() {
    return !this.panel.hidden;
  }

  /** Asks for ways to go on from what stands in the box. */
  typed() {
    clearTimeout(this.timer);
    const text = this.box.value;
    this.asked += 1; // whatever is still on its way belongs to an older text
    if (!text.startsWith("/") || text.includes("\n") || text.length > LONGEST) {
      this.close();
      return;
    }
    const number = this.asked;
    this.timer = setTimeout(() => this.ask({ type: "complete", number, text }), PAUSE);
  }

  /** What the server answered; old answers are dropped. */
  hear({ number, items }) {
    if (number !== this.asked || document.activeElement !== this.box) return;
    this.items = items.filter((item) => item.text !== this.box.value.trimEnd());
    this.chosen = -1;
    this.list.replaceChildren(...this.items.map((item, index) => make("li", {
      id: `option-${index}`,
      role: "option",
      "aria-selected": "false",
      mousedown: (event) => { event.preventDefault(); this.take(index); },
    }, make("span", { class: "label" }, item.label), item.says ? make("span", { class: "says" }, ...inline(item.says)) : null)));
    const help = this.help();
    this.usage.replaceChildren(...help);
    this.usage.hidden = help.length === 0;
    this.show(this.items.length > 0 || help.length > 0);
  }

  /** The usage of the command that is being typed. */
  help() {
    const name = /^\/(\S+)\s/.exec(this.box.value)?.[1];
    const command = this.commands.find((each) => each.name === name || each.aliases.includes(name));
    if (!command) return [];
    const options = command.options.map((option) => (option.required ? option.name : `[${option.name}]`)).join(" ");
    return [make("code", {}, `/${command.name} ${options}`.trim()), " ", ...inline(command.says)];
  }

  show(open) {
    this.panel.hidden = !open;
    this.list.hidden = this.items.length === 0;
    this.box.setAttribute("aria-expanded", String(open && this.items.length > 0));
    this.box.removeAttribute("aria-activedescendant");
  }

  close() {
    this.asked += 1;
    clearTimeout(this.timer);
    this.show(false);
  }

  /** Deals with a key; true where it was the palette's. */
  key(event) {
    if (!this.open) return false;
    if (event.key === "Escape") {
      this.close();
      return true;
    }
    if (!this.items.length) return false;
    if (event.key === "ArrowDown") this.choose((this.chosen + 1) % this.items.length);
    else if (event.key === "ArrowUp") this.choose((this.chosen <= 0 ? this.items.length : this.chosen) - 1);
    else if (event.key === "Tab" && !event.shiftKey) this.take(Math.max(0, this.chosen));
    else if (event.key === "Enter" && this.chosen >= 0) this.take(this.chosen);
    else return false;
    return true;
  }

  choose(index) {
    this.list.children[this.chosen]?.setAttribute("aria-selected", "false");
    this.chosen = index;
    const option = this.list.children[index];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.box.setAttribute("aria-activedescendant", option.id);
  }

  take(index) {
    this.box.value = this.items[index].text;
    this.box.setSelectionRange(this.box.value.length, this.box.value.length);
    this.changed();
    this.typed();
  }
}
