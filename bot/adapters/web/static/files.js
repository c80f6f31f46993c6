// Files that go with a message: chosen, dropped or pasted; shown until it is sent; sent before the message names them.
import { get, make } from "./dom.js";

const MIB = 1024 ** 2;

/** Sends a file; the name by which a message may speak of it. Throws an Error whose message is for the person. */
export async function upload(file) {
  const address = new URL("/upload", location.href);
  address.searchParams.set("name", file.name);
  let answer;
  try {
    answer = await fetch(address, { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" } });
  } catch { // no connection, or the server closed it because the file is too large
    throw new Error(`${file.name} could not be sent. Is there a connection?`);
  }
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()).id;
}

export class Attachments {
  /**
   * @param {(words: string) => void} complain
   * @param {() => void} changed - called when a file was added
   */
  constructor(complain, changed) {
    this.complain = complain;
    this.changed = changed;
    this.limits = { most: 0, bytes: 0 }; // the server says how much it takes
    this.files = [];
    this.list = get("attached");
    this.input = get("pick");
    get("attach").addEventListener("click", () => this.input.click());
    this.input.addEventListener("change", () => { this.add(this.input.files); this.input.value = ""; });
    const room = document.querySelector(".room");
    const over = (event, on) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      room.classList.toggle("dropping", on);
    };
    room.addEventListener("dragover", (event) => over(event, true));
    room.addEventListener("dragleave", (event) => { if (!room.contains(event.relatedTarget)) over(event, false); });
    room.addEventListener("drop", (event) => { over(event, false); this.add(event.dataTransfer.files); });
    get("box").addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length) return;
      event.preventDefault();
      this.add(event.clipboardData.files);
    });
  }

  /** Takes files that fit; says of the others why not. */
  add(files) {
    for (const file of files) {
      if (file.size > this.limits.bytes) {
        this.complain(`${file.name} has ${(file.size / MIB).toFixed(1)} MiB, and I take files of up to ${this.limits.bytes / MIB} MiB.`);
      } else if (this.files.length >= this.limits.most) {
        this.complain(`One message may bring ${this.limits.most} files.`);
      } else {
        this.files.push(file);
        this.complain("");
      }
    }
    this.draw();
    if (this.files.length) this.changed();
  }

  remove(file) {
    this.files = this.files.filter((each) => each !== file);
    this.draw();
    get("attach").focus();
  }

  /** Sends all of them; their names, in order. */
  async send() {
    return Promise.all(this.files.map(upload));
  }

  clear() {
    this.files = [];
    this.draw();
  }

  draw() {
    this.list.hidden = this.files.length === 0;
    this.list.replaceChildren(...this.files.map((file) => make("li", {},
      make("span", { class: "name" }, file.name),
      make("small", {}, size(file.size)),
      make("button", { type: "button", "aria-label": `Leave out ${file.name}`, click: () => this.remove(file) }, "×"))));
  }
}

/** A number of bytes as people say it. */
export function size(bytes) {
  return bytes < 1024 ? `${bytes} B` : bytes < MIB ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / MIB).toFixed(1)} MiB`;
}
