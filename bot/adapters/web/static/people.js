// Who is here, and what the group calls you.
import { get, shade } from "./dom.js";

const SHADES = 8;
const NAMED = 3; // people named in the bar; the others are counted

export class People {
  /** @param {(name: string) => boolean} rename */
  constructor(rename) {
    this.dialog = get("who");
    this.box = get("who-name");
    this.trouble = get("who-trouble");
    get("me").addEventListener("click", () => this.ask());
    get("who-cancel").addEventListener("click", () => this.dialog.close());
    get("who-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.refuse("");
      if (!rename(this.box.value)) this.refuse("There is no connection just now.");
    });
  }

  /** Shows who one is; closes the question for a name once it has been answered. */
  me(you) {
    this.you = you;
    get("me-name").textContent = you.name;
    get("me").setAttribute("aria-label", `You are ${you.name}${you.organiser ? ", organiser" : ""}. Change your name`);
    const face = get("me-face");
    face.textContent = (Array.from(you.name)[0] ?? "?").toUpperCase();
    face.className = `face shade-${shade(you.id, SHADES)}`;
    if (this.dialog.open) this.dialog.close();
  }

  here(people) {
    const others = people.filter((person) => person.id !== this.you?.id).map((person) => person.name);
    const named = others.slice(0, NAMED).join(", ");
    const more = others.length - NAMED;
    get("here").textContent = others.length ? `with ${named}${more > 0 ? ` and ${more} more` : ""}` : "";
  }

  ask() {
    this.box.value = this.you?.named ? this.you.name : "";
    this.refuse("");
    this.dialog.showModal();
    this.box.select();
  }

  refuse(words) {
    this.trouble.textContent = words;
    this.trouble.hidden = !words;
  }
}
