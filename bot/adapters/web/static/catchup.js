// What a page shows, held against the channel when the line is back: a laptop may have slept for days meanwhile.
// Page by page from the end, posts are shown as they are now, and what is gone goes.

const MOST = 10; // pages; what is shown beyond them can be loaded again

export class CatchUp {
  /**
   * @param {import("./messages.js").Conversation} conversation
   * @param {{ask: (before: number) => void, more: (earlier: boolean) => void}} hands - `ask` is for the page before a
   *   number; `more` is told whether there is anything before what is shown, where that has changed
   */
  constructor(conversation, hands) {
    this.conversation = conversation;
    this.hands = hands;
    this.unseen = new Set(); // keys that are shown, and that no page has had so far
    this.before = null; // by what the page was asked for that is awaited
    this.pages = 0;
  }

  /** The newest page of the channel, at the start or after the line was broken. */
  begin({ messages, earlier }) {
    this.pages = 0;
    this.unseen = new Set(this.conversation.lasting());
    if (messages.length && !messages.some((message) => this.unseen.has(message.key))) {
      this.conversation.clear(this.unseen); // more was said meanwhile than one page holds
      this.unseen.clear();
      this.hands.more(earlier);
    }
    this.conversation.newest(messages);
    this.go(messages, earlier);
  }

  /** An older page; false where it was not asked for here. */
  hear({ before, messages, earlier }) {
    if (this.before === null || before !== this.before) return false;
    for (const message of messages) this.conversation.refresh(message);
    this.go(messages, earlier);
    return true;
  }

  go(messages, earlier) {
    for (const message of messages) this.unseen.delete(message.key);
    this.pages += 1;
    this.before = null;
    if (!this.unseen.size) return;
    const inside = messages.length > 0 && this.conversation.has(messages[0].key); // what is shown may go on above it
    if (inside && earlier && this.pages < MOST) {
      this.before = messages[0].number;
      this.hands.ask(this.before);
      return;
    }
    this.conversation.clear(this.unseen);
    this.hands.more(earlier || (messages.length > 0 && !inside));
  }
}
