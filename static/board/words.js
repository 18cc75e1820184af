/** The facts of a card in words. */

import { h, icon } from "../look/dom.js";
import { secondsSince } from "../wire/clock.js";
import { fill, gettext, listText, ngettext } from "../wire/text.js";
import { COLD_LIMIT_S } from "./lanes.js";

const minutesUntil = (moment, now) => -secondsSince(moment, now) / 60;

/** Return the ETA as a band of whole minutes: { low, high, text }, null when nothing is known. */
export function etaBand(eta, now) {
  if (!eta) return null;
  const low = Math.max(0, Math.floor(minutesUntil(eta.low, now)));
  const high = Math.max(low, Math.ceil(minutesUntil(eta.high, now)));
  return { low, high, text: low === high ? `${low}` : `${low}–${high}` };
}

/** Return "here in 4–5 min", "is here" or "" for a card. */
export function arrivalText(card, now) {
  if (card.here) {
    return card.here.spot ? fill(gettext("in bay %(spot)s"), { spot: card.here.spot }) : gettext("is here");
  }
  const band = etaBand(card.eta, now);
  if (!band) return card.on_way_at ? gettext("on the way") : "";
  return band.high <= 1
    ? gettext("here any moment")
    : fill(gettext("here in %(band)s min"), { band: band.text });
}

/** Return "5 chilled, 1 frozen". */
export function coldText({ chilled = 0, frozen = 0, hot = 0 } = {}) {
  const parts = [
    chilled && fill(ngettext("%(n)s chilled", "%(n)s chilled", chilled), { n: chilled }),
    frozen && fill(ngettext("%(n)s frozen", "%(n)s frozen", frozen), { n: frozen }),
    hot && fill(ngettext("%(n)s hot", "%(n)s hot", hot), { n: hot }),
  ];
  return parts.filter(Boolean).join(", ");
}

export const coldCount = ({ chilled = 0, frozen = 0, hot = 0 } = {}) => chilled + frozen + hot;

export const itemsText = (items) => fill(ngettext("%(n)s item", "%(n)s items", items), { n: items });

/** Return the vehicle as nodes: its description and the last three characters of its plate. */
export function vehicle(card) {
  if (!card.vehicle) return h("span", { class: "fact" }, gettext("no car given"));
  const { description, plate_tail: tail } = card.vehicle;
  return h("span", { class: "fact" }, description || gettext("car"), tail && plate(tail));
}

/** Return a plate's end; the characters at `differs` are marked. */
export function plate(tail, differs = []) {
  const letters = [...tail].map((letter, at) => (differs.includes(at) ? h("mark", {}, letter) : letter));
  return h("span", { class: "plate" }, letters);
}

export const fact = (symbol, text, classes = "") =>
  h("span", { class: `fact ${classes}`.trim() }, icon(symbol), text);

export const places = (names, classes = "") =>
  names.length > 0 && fact("i-shelf", h("b", {}, names.join(" + ")), classes);

const SIGNAL_WORDS = {
  PLATE: () => gettext("plate"),
  CROSSING: () => gettext("position"),
  TAP: () => gettext("tap"),
  BAY_CODE: () => gettext("bay code"),
  ASSOCIATE: () => gettext("colleague"),
  ON_MY_WAY: () => gettext("said so"),
};

/** Return "plate 97 %, position, tap": what says that the customer is here. */
export function signalsText(signals = []) {
  const words = signals
    .filter(({ kind }) => kind in SIGNAL_WORDS)
    .map(({ kind, confidence }) => {
      const word = SIGNAL_WORDS[kind]();
      return kind === "PLATE" && confidence
        ? fill(gettext("%(word)s %(percent)s %"), { word, percent: Math.round(confidence * 100) })
        : word;
    });
  return words.length ? fill(gettext("by %(signals)s"), { signals: listText([...new Set(words)]) }) : "";
}

const DOUBT_WORDS = {
  "off-lot": () => gettext("the position has left the lot"),
  "two-stores": () => gettext("seen at another store too"),
  "spots-differ": () => gettext("the bays do not agree"),
  "bay-taken": () => gettext("another car is in this bay"),
  "tapped-from-afar": () => gettext("said so from far away"),
};

/** Return why the evidence of a visit does not agree, or "": the first reason that is known. */
export function doubtText(signals = []) {
  const doubt = signals.find(({ kind, reason }) => kind === "CHECK" && reason in DOUBT_WORDS);
  return doubt ? DOUBT_WORDS[doubt.reason]() : "";
}

/** Return the cold clock: { text, tone } of the minutes left outside the fridge, or null. */
export function coldClock(since, now) {
  if (!since) return null;
  const left = Math.ceil((COLD_LIMIT_S - secondsSince(since, now)) / 60);
  if (left <= 0) return { text: gettext("too warm, check"), tone: "late" };
  return { text: fill(gettext("%(n)s min cold left"), { n: left }), tone: left < 4 ? "act" : "" };
}

export const person = (associate, busy = true) =>
  h("span", { class: `who${busy ? " busy" : ""}`, "aria-hidden": "true" }, associate.initials);

export const hasIt = (associate, me) =>
  associate.id === me?.id
    ? gettext("You have it")
    : fill(gettext("%(name)s has it"), { name: associate.name });
