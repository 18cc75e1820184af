/** Keeps the customer's page true: the server's own page, fetched anew at each change and put in place. */

import { morph } from "../look/dom.js";
import { learn } from "../wire/clock.js";
import { Socket } from "../wire/socket.js";

const POLL_MS = 20_000; // while the socket is down: some networks break websockets
const MINUTE_MS = 30_000; // minutes in the words grow old without any change in the order

/** Show the order of the page; `onPage()` runs after each change. */
export class Live {
  constructor(token, onPage) {
    Object.assign(this, { onPage, revision: Number(page().dataset.revision), isDown: false });
    this.socket = new Socket(`/ws/track/${token}/`, {
      silenceMs: 0, // the server speaks only when something changes
      onMessage: (message) => this.hear(message),
      onState: (state) => this.link(state),
    });
  }

  start() {
    this.socket.open();
    setInterval(() => this.tick(), MINUTE_MS);
    setInterval(() => this.isDown && this.refresh(), POLL_MS);
    document.addEventListener("visibilitychange", () => document.hidden || this.refresh());
  }

  hear({ type, now, state }) {
    learn(now);
    if (type === "state" && state.revision > this.revision) this.refresh();
  }

  link(state) {
    this.isDown = !["live", "connecting"].includes(state);
    if (this.isDown) this.refresh();
  }

  tick() {
    if (!document.hidden && ["way", "here"].includes(page().dataset.moment)) this.refresh();
  }

  /** Fetch the page and change what differs. Calls made meanwhile end in one more fetch. */
  async refresh() {
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    try {
      do {
        this.again = false;
        await this.fetchPage();
      } while (this.again);
    } finally {
      this.running = false;
    }
  }

  async fetchPage() {
    let text;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
      if (!answer.ok) return;
      text = await answer.text();
    } catch {
      this.showOffline(true);
      return;
    }
    this.showOffline(false);
    const wanted = new DOMParser().parseFromString(text, "text/html").getElementById("page");
    if (!wanted || Number(wanted.dataset.revision) < this.revision) return;
    this.revision = Number(wanted.dataset.revision);
    this.replace(wanted);
  }

  replace(wanted) {
    const before = headline();
    morph(page(), document.importNode(wanted, true));
    if (headline() !== before) document.getElementById("said").textContent = headline();
    this.onPage();
  }

  showOffline(is) {
    document.getElementById("offline").hidden = !is;
  }
}

export const page = () => document.getElementById("page");
const headline = () => document.getElementById("headline")?.textContent.trim() ?? "";
