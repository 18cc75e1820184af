/** Sharing the position of one trip: only with consent, only while the page is visible, until stopped. */

import { call } from "../wire/api.js";
import { serverNow } from "../wire/clock.js";
import { gettext } from "../wire/text.js";

const FAR_EVERY_MS = 10_000;
const NEAR_EVERY_MS = 5_000; // moving fast or well located: a crossing should not wait
const KEPT = 12; // positions kept while there is no network, two minutes' worth; older ones help nobody

/** One trip. `onChange({ sharing, paused, problem })` tells what the page must show. */
export class Trip {
  constructor(token, onChange) {
    Object.assign(this, {
      token,
      onChange,
      sharing: false,
      problem: "",
      watch: null,
      queue: [],
      sentAt: 0,
      lock: null,
    });
    document.addEventListener(
      "visibilitychange",
      () => this.sharing && (document.hidden ? this.pause() : this.resume()),
    );
  }

  /** Go on with what was agreed before the page was opened anew. */
  async recall() {
    const { sharing } = await call("GET", this.address("sharing/"));
    if (sharing) this.resume();
    this.sharing = sharing;
    this.tell();
  }

  /** Ask the phone, then record the consent; a refusal of the phone is told, and changes nothing. */
  async share() {
    if (!("geolocation" in navigator))
      return this.fail(gettext("This phone cannot tell its position. Tell us the minutes instead."));
    this.problem = "";
    try {
      this.take(
        await new Promise((resolve, reject) =>
          navigator.geolocation.getCurrentPosition(resolve, reject, {
            enableHighAccuracy: true,
            timeout: 20_000,
          }),
        ),
      );
    } catch (error) {
      return this.fail(
        error.code === 1
          ? gettext("Your phone did not allow it. Tell us the minutes instead.")
          : gettext("Your phone does not know where it is. Tell us the minutes instead."),
      );
    }
    await call("POST", this.address("sharing/"), { share: true });
    this.sharing = true;
    this.resume();
    return this.flush();
  }

  /** Withdraw the consent: nothing is sent from the moment of the press, whatever the network does. */
  async stop(choice = {}) {
    this.pause();
    this.queue = [];
    this.sharing = false;
    this.tell();
    await call("POST", this.address("sharing/"), { share: false, ...choice });
  }

  /** Forget the trip without a word to the server, which has ended it. */
  end() {
    this.pause();
    this.queue = [];
    this.sharing = false;
  }

  resume() {
    if (this.watch !== null) return;
    this.watch = navigator.geolocation.watchPosition(
      (fix) => this.take(fix),
      (error) => this.lose(error),
      { enableHighAccuracy: true, maximumAge: 2000 },
    );
    this.keepAwake();
    this.tell();
  }

  pause() {
    if (this.watch !== null) navigator.geolocation.clearWatch(this.watch);
    this.watch = null;
    this.lock?.release().catch(() => {});
    this.lock = null;
    this.tell();
  }

  take({ coords, timestamp }) {
    this.problem = "";
    const every = coords.speed > 3 || coords.accuracy < 30 ? NEAR_EVERY_MS : FAR_EVERY_MS;
    if (Date.now() - this.sentAt < every) return;
    this.sentAt = Date.now();
    this.queue.push({
      latitude: coords.latitude,
      longitude: coords.longitude,
      accuracy_m: coords.accuracy,
      at: measuredAt(timestamp),
    });
    this.queue = this.queue.slice(-KEPT);
    if (this.sharing) this.flush();
  }

  /** Send what is kept in one piece; what the server refuses is dropped, what it did not get is kept. */
  async flush() {
    if (this.sending || !this.sharing || this.queue.length === 0) return;
    this.sending = true;
    const sent = [...this.queue];
    try {
      await this.send(sent);
      this.queue = this.queue.filter((position) => !sent.includes(position));
      this.problem = "";
    } catch {
      this.problem = gettext("No connection: your position is sent when it is back.");
    } finally {
      this.sending = false;
      this.tell();
    }
  }

  async send(positions) {
    try {
      await call("POST", `/pings/${this.token}`, positions);
    } catch (refusal) {
      if (["offline", "timeout", "too-many-requests"].includes(refusal.code) || refusal.status >= 500)
        throw refusal;
      if (["sharing-off", "trip-over", "order-closed"].includes(refusal.code)) this.end();
    }
  }

  lose(error) {
    if (error.code === 1) this.stop().catch(() => {});
    this.fail(
      error.code === 1
        ? gettext("Your phone did not allow it. Tell us the minutes instead.")
        : gettext("Your phone lost its position for now."),
    );
  }

  fail(words) {
    this.problem = words;
    this.tell();
  }

  /** The screen stays on while the trip is shared, where the phone allows it: a dark page sends nothing. */
  async keepAwake() {
    try {
      this.lock = await navigator.wakeLock?.request("screen");
    } catch {
      this.lock = null; // low battery or an old phone: the page says to keep it open
    }
  }

  tell() {
    this.onChange({ sharing: this.sharing, paused: this.watch === null, problem: this.problem });
  }

  address(step) {
    return `/api/v1/track/${this.token}/${step}`;
  }
}

/** A phone's clock may be wrong: the moment is told by the server's. */
const measuredAt = (timestamp) => new Date(serverNow() - Math.max(0, Date.now() - timestamp)).toISOString();
