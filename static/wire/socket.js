/** A websocket that comes back: jittered waits, and silence counts as a break. */

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/**
 * Keep a websocket to `path` open and report what happens to it.
 *
 * `onMessage(object)` gets each message. `onState(name, until)` gets "connecting", "live", "waiting"
 * (`until`: the moment of the next try, milliseconds), "offline" (the device has no network) or "denied".
 * A socket silent for `silenceMs` is dropped and opened anew: a dead link often reports nothing itself.
 */
export class Socket {
  constructor(path, { onMessage, onState, silenceMs = 12_000, deniedCodes = [4403, 4404] }) {
    Object.assign(this, {
      path,
      onMessage,
      onState,
      silenceMs,
      deniedCodes,
      tries: 0,
      socket: null,
      timer: 0,
    });
    this.heardAt = 0;
    addEventListener("online", () => this.open());
    addEventListener("offline", () => this.lose("offline"));
    document.addEventListener("visibilitychange", () => this.wake());
  }

  /** Open now, whatever wait was left; an open socket stays. */
  open() {
    if (this.socket || this.denied) return;
    clearTimeout(this.timer);
    this.onState("connecting");
    const address = new URL(this.path, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    this.socket = socket;
    this.watch();
    socket.onmessage = (event) => this.hear(socket, event);
    socket.onclose = (event) => this.closed(socket, event);
  }

  /** Send a message; returns false when there is no open socket. */
  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  hear(socket, event) {
    if (socket !== this.socket) return;
    const first = this.tries !== -1;
    this.tries = -1;
    this.heardAt = Date.now();
    this.watch();
    this.onMessage(JSON.parse(event.data));
    if (first) this.onState("live");
  }

  closed(socket, event) {
    if (socket !== this.socket) return;
    if (this.deniedCodes.includes(event.code)) {
      this.denied = true;
      this.socket = null;
      clearTimeout(this.silence);
      this.onState("denied");
    } else {
      this.lose(navigator.onLine ? "waiting" : "offline");
    }
  }

  /** Give the socket up and plan the next try. Full jitter: a thousand boards must not come back at once. */
  lose(state) {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    clearTimeout(this.silence);
    clearTimeout(this.timer);
    if (this.denied) return;
    this.tries = Math.max(0, this.tries) + 1;
    const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.tries);
    const wait = FIRST_WAIT_MS + Math.random() * (ceiling - FIRST_WAIT_MS);
    this.timer = setTimeout(() => this.open(), wait);
    this.onState(state, Date.now() + wait);
  }

  watch() {
    clearTimeout(this.silence);
    if (this.silenceMs) this.silence = setTimeout(() => this.lose("waiting"), this.silenceMs);
  }

  wake() {
    if (document.hidden) return;
    if (!this.socket) this.open();
    else if (this.silenceMs && Date.now() - this.heardAt > this.silenceMs && this.heardAt)
      this.lose("waiting");
  }
}
