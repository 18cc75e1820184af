/** The cards of the lanes Coming and Done. */

import { h, icon } from "../look/dom.js";
import { clockText, fill, gettext, ngettext } from "../wire/text.js";
import { coldCount, etaBand, fact, places, vehicle } from "./words.js";

const ROAD_MIN = 24; // the road shows the last 24 minutes of the way
const share = (minutes) => `${Math.max(0, Math.min(100, 100 - (minutes / ROAD_MIN) * 100)).toFixed(1)}%`;

/** A card of Coming: when, the road, who, what is cold. */
export function comingCard(card, { now, time }) {
  const band = etaBand(card.eta, now);
  const tone = band || card.on_way_at ? "near" : "plan";
  const wave = card.tasks.find((task) => task.kind === "PACK_FRESH" && task.status === "WAITING");
  const label = tone === "near" ? gettext("coming") : gettext("planned");
  return h(
    "li",
    {
      class: tone,
      tabindex: 0,
      "data-key": `coming-${card.order}`,
      "data-order": card.order,
      "data-primary": "more",
    },
    h("div", { class: "line" }, when(card, band, time), icon(`g-${tone}`, label, "tone end")),
    band && road(card, wave, band, now),
    h(
      "div",
      { class: "line" },
      h(
        "button",
        { class: "opens", type: "button", "data-act": "more", "data-order": card.order },
        h("b", { class: "code" }, card.code),
        h("span", { class: "name" }, card.name),
      ),
      places(card.places, "end"),
    ),
    h("div", { class: "line dim" }, vehicle(card), h("span", { class: "end" }, packedText(card, wave))),
    wave && h("div", { class: "line dim" }, fact("i-snow", wavePlan(card, wave, time))),
  );
}

function when(card, band, time) {
  if (!band && card.on_way_at) return h("span", { class: "time" }, gettext("on the way"));
  if (!band)
    return h(
      "span",
      { class: "time" },
      card.window ? time(card.window.start) : "",
      " ",
      h("small", {}, gettext("planned")),
    );
  if (band.high <= 1) return h("span", { class: "time" }, gettext("any moment"));
  return h("span", { class: "time" }, band.text, " ", h("small", {}, gettext("min")));
}

function road(card, wave, band, now) {
  const middle = (Date.parse(card.eta.low) + Date.parse(card.eta.high)) / 2;
  const begins = wave?.release_at && (middle - Date.parse(wave.release_at)) / 60_000;
  const label = fill(gettext("%(band)s minutes away"), { band: band.text });
  return h(
    "div",
    {
      class: "road",
      role: "img",
      "aria-label": label,
      vars: { "--a": share(band.high), "--b": share(band.low) },
    },
    h("i", {}),
    begins > 0 &&
      begins <= ROAD_MIN &&
      Date.parse(wave.release_at) > now &&
      h("s", { vars: { "--at": share(begins) } }),
  );
}

const packedText = (card, wave) =>
  card.status === "READY" ? gettext("all packed") : wave && card.places.length ? gettext("rest packed") : "";

function wavePlan(card, wave, time) {
  const cold = fill(ngettext("%(n)s cold", "%(n)s cold", coldCount(card.cold)), { n: coldCount(card.cold) });
  return wave.release_at
    ? fill(gettext("%(cold)s, pack from %(time)s"), { cold, time: time(wave.release_at) })
    : cold;
}

/** The orders of later hours, a line an hour. */
export const laterCard = (later, { time }) =>
  h(
    "li",
    { class: "later", "data-key": "later" },
    later.map(({ at, orders }) =>
      h(
        "div",
        { class: "line" },
        h("b", {}, time(at)),
        h("span", { class: "end" }, fill(ngettext("%(n)s order", "%(n)s orders", orders), { n: orders })),
      ),
    ),
  );

const UNDO_S = 10;

/** A line of Done: who, when, how long the customer waited; ten seconds to take it back. */
export function doneCard(card, context, latest) {
  const { at, wait_s: wait } = card.done ?? {};
  const { time } = context;
  const waited =
    wait === null || wait === undefined
      ? at && time(at)
      : fill(gettext("%(time)s, waited %(wait)s"), { time: time(at), wait: clockText(wait) });
  return h(
    "li",
    {
      class: "done",
      tabindex: 0,
      "data-key": `done-${card.order}`,
      "data-order": card.order,
      "data-primary": "more",
    },
    h(
      "div",
      { class: "line" },
      h("b", { class: latest && "code" }, card.code),
      h("span", { class: "name" }, card.name),
      icon("g-done", gettext("done"), "tone end"),
    ),
    h("div", { class: "dim" }, waited),
    undo(card, context),
  );
}

function undo(card, { now, me, busy }) {
  const left = card.done ? Math.ceil(UNDO_S - (now - Date.parse(card.done.at)) / 1000) : 0;
  if (left <= 0 || card.done.associate !== me?.id) return null;
  const attributes = {
    class: "btn undo",
    type: "button",
    "data-act": "undo",
    "data-order": card.order,
    "aria-busy": busy.has(`undo-${card.order}`) && "true",
    vars: { "--p": `${(100 * left) / UNDO_S}%` },
  };
  return h("button", attributes, icon("i-undo"), fill(gettext("Undo %(n)s s"), { n: left }));
}
