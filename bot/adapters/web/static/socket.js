// The line to the server: it comes back by itself, asks for what it missed, and sends again what was not taken.
// Every message carries an id made here, so one that is sent twice is answered once.

const FIRST_WAIT = 500; // milliseconds
const LONGEST_WAIT = 15_000;

export class Line {
  /**
   * @param {string} channel
   * @param {{frame: (frame: object) => void, state: (state: string, detail?: string) => void}} ears
   */
  constructor(channel, ears) {
    this.channel = channel;
    this.ears = ears;
    this.key = `stride.unsent.${channel}`;
    this.unsent = new Map(load(this.key).map((frame) => [frame.id, frame]));
    this.tries = 0;
    this.socket = null;
    this.timer = null;
    addEventListener("online", () => this.open());
    addEventListener("pageshow", () => this.open());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.open(); });
  }

  /** Connects now, unless it is connected or on its way. */
  open() {
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    clearTimeout(this.timer);
    const address = new URL("/ws", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.searchParams.set("channel", this.channel);
    const socket = new WebSocket(address);
    this.socket = socket;
    this.ears.state("connecting");
    socket.addEventListener("message", (event) => this.hear(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => { if (socket === this.socket) this.closed(event); });
  }

  /** Sends something that must arrive: it is kept until the server has taken it. */
  post(frame) {
    this.unsent.set(frame.id, frame);
    this.keep();
    return this.ask(frame);
  }

  /** Sends something that is worth sending only now; false where there is no line. */
  ask(frame) {
    if (this.socket?.readyState !== WebSocket.OPEN || !this.welcomed) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** What has not been taken yet. */
  waiting() {
    return [...this.unsent.values()];
  }

  hear(frame) {
    if (frame.type === "welcome") {
      this.welcomed = true;
      this.tries = 0;
      this.ears.state("open");
    }
    if (frame.type === "taken" || frame.type === "refused") {
      this.unsent.delete(frame.id);
      this.keep();
    }
    this.ears.frame(frame);
    if (frame.type === "welcome") for (const unsent of this.waiting()) this.ask(unsent);
  }

  closed(event) {
    this.welcomed = false;
    if (event.code === 4003) {
      this.ears.state("out", event.reason);
      return;
    }
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.tries) * (0.75 + Math.random() / 2);
    this.tries += 1;
    this.ears.state("waiting", event.reason);
    this.timer = setTimeout(() => this.open(), wait);
  }

  keep() {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.waiting()));
    } catch {
      // storage is off or full: what is unsent lives as long as this page
    }
  }
}

function load(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "[]");
  } catch {
    return [];
  }
}
