// The message box: grows with what is in it, sends with Enter, and brings back what was said.
import { get } from "./dom.js";
import { Attachments } from "./files.js";
import { Palette } from "./palette.js";

const TALLEST = 240; // pixels
const KEPT = 50;

export class Composer {
  /**
   * @param {(text: string, files: string[], names: string[]) => void} send
   * @param {(frame: object) => boolean} ask
   * @param {string} draft - under which name what stands in the box outlives a reload
   */
  constructor(send, ask, draft) {
    this.send = send;
    this.draft = draft;
    this.most = Infinity; // characters in one message; the server says how many
    this.box = get("box");
    this.trouble = get("trouble");
    this.said = [];
    this.back = 0; // how many messages ago the one in the box was said
    this.palette = new Palette(this.box, ask, () => this.fit());
    this.attachments = new Attachments((words) => this.complain(words), () => this.offer());
    this.sending = false; // while files are on their way
    this.box.addEventListener("input", () => { this.back = 0; this.fit(); this.complain(""); });
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.value = this.kept();
    this.fit();
    get("say").addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
  }

  /** Puts words in the box and the cursor behind them. */
  fill(text) {
    this.box.value = text;
    this.fit();
    this.box.focus();
    this.palette.typed();
  }

  complain(words) {
    this.trouble.textContent = words;
    this.trouble.hidden = !words;
  }

  /** With a file and no words yet, the box says what such a file is for. */
  offer() {
    const command = this.palette.commands.find((each) => each.file);
    if (!this.box.value.trim() && command) this.fill(command.file);
    else this.box.focus();
    this.palette.close();
  }

  async submit() {
    const text = this.box.value.trim();
    if (!text || this.sending) return;
    if (text.length > this.most) {
      this.complain(`That is ${text.length.toLocaleString()} characters; a message has at most ${this.most.toLocaleString()}.`);
      return;
    }
    this.palette.close();
    const names = this.attachments.files.map((file) => file.name);
    let files = [];
    if (names.length) {
      this.wait(true);
      try {
        files = await this.attachments.send();
      } catch (fault) {
        this.complain(fault.message);
        return;
      } finally {
        this.wait(false);
      }
    }
    this.attachments.clear();
    this.send(text, files, names);
    this.said = [text, ...this.said.filter((each) => each !== text)].slice(0, KEPT);
    this.back = 0;
    this.box.value = "";
    this.fit();
    this.complain("");
  }

  /** Shows that files are on their way. */
  wait(sending) {
    this.sending = sending;
    get("send").setAttribute("aria-busy", String(sending));
    if (sending) this.complain("");
  }

  key(event) {
    if (event.isComposing) return; // an input method is still choosing characters
    if (this.palette.key(event)) {
      event.preventDefault();
      return;
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "ArrowUp" && (!this.box.value || this.back > 0) && this.back < this.said.length) {
      event.preventDefault();
      this.recall(this.back + 1);
    } else if (event.key === "ArrowDown" && this.back > 0) {
      event.preventDefault();
      this.recall(this.back - 1);
    }
  }

  recall(back) {
    this.back = back;
    this.box.value = back ? this.said[back - 1] : "";
    this.fit();
  }

  fit() {
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(TALLEST, this.box.scrollHeight)}px`;
    this.keep();
  }

  keep() {
    try {
      sessionStorage.setItem(this.draft, this.box.value);
    } catch {
      // storage is off or full: what is typed lives as long as this page
    }
  }

  kept() {
    try {
      return sessionStorage.getItem(this.draft) ?? "";
    } catch {
      return "";
    }
  }
}
