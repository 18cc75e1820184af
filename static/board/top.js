/** The top bar: how fresh the board is, who is on duty, the clock, the filter. */

import { h, icon, syncChildren } from "../look/dom.js";
import { serverNow } from "../wire/clock.js";
import { clockText, fill, gettext, timeOfDay } from "../wire/text.js";
import { person } from "./words.js";

const time = timeOfDay(document.body.dataset.zone);
const element = (id) => document.getElementById(id);
let link = { state: "connecting", since: Date.now(), until: 0, code: "" };

/** Note the state of the link to the server: "connecting", "live", "waiting", "offline", "denied". */
export function setLink(state, until = 0) {
  const wasDown = !["live"].includes(link.state);
  const isDown = state !== "live";
  link = { state, until, since: isDown && wasDown ? link.since : Date.now() };
  if (state === "live" && wasDown) say(gettext("Live"));
  if (state === "denied") say(gettext("No access"));
  drawLink();
}

export const isLive = () => link.state === "live";

/** Say something once to a screen reader. */
export function say(text) {
  element("said").textContent = text;
}

/** Draw the bar again; called every second. */
export function drawTop(board, hidden) {
  drawLink();
  const clock = time(serverNow());
  if (element("clock").textContent !== clock) element("clock").textContent = clock;
  syncChildren(
    element("crew"),
    board.crew.map((member) => crewMember(member, board)),
  );
  drawFilter(board, hidden);
}

const LINK_GLYPHS = {
  live: "g-done",
  waiting: "g-near",
  connecting: "g-plan",
  offline: "g-plan",
  denied: "g-check",
};

function drawLink() {
  const { state, until, since } = link;
  const down = clockText((Date.now() - since) / 1000);
  const seconds = Math.max(1, Math.ceil((until - Date.now()) / 1000));
  const words = {
    live: () => gettext("Live"),
    connecting: () => gettext("Connecting"),
    waiting: () => fill(gettext("Reconnecting %(n)s s"), { n: seconds }),
    offline: () => fill(gettext("Offline %(time)s"), { time: down }),
    denied: () => gettext("No access"),
  }[state]();
  document.body.dataset.net = state;
  const live = element("live");
  live.classList.toggle("off", state !== "live");
  syncChildren(live, [icon(LINK_GLYPHS[state]), h("span", {}, words)]);
  drawBanner(state, down, since);
}

function drawBanner(state, down, since) {
  const banner = element("banner");
  const long = state !== "live" && Date.now() - since > 10_000;
  const text =
    state === "denied"
      ? gettext("You do not work at this store, or not any more. Sign in again, or ask your manager.")
      : state === "offline"
        ? fill(
            gettext("Offline for %(time)s. This is the board of %(clock)s. What you press now is not sent."),
            { time: down, clock: time(serverNow() - (Date.now() - since)) },
          )
        : long
          ? fill(gettext("No news for %(time)s. This is the board of %(clock)s."), {
              time: down,
              clock: time(serverNow() - (Date.now() - since)),
            })
          : "";
  banner.hidden = !text;
  if (banner.textContent !== text) banner.textContent = text;
}

function crewMember(member, board) {
  const hand = board.inHand(member.id);
  const doing = hand ? doingText(hand) : gettext("free");
  const words = member.id === board.me?.id ? fill(gettext("%(doing)s, you"), { doing }) : doing;
  return h(
    "li",
    { "data-key": `crew-${member.id}` },
    person(member, Boolean(hand)),
    h("span", {}, h("b", {}, member.name), words),
  );
}

function doingText({ task, card }) {
  if (task.kind !== "TAKE_OUT") return fill(gettext("packs %(code)s"), { code: card.code });
  return card.here?.spot
    ? fill(gettext("to bay %(spot)s"), { spot: card.here.spot })
    : fill(gettext("takes out %(code)s"), { code: card.code });
}

function drawFilter(board, hidden) {
  const chip = element("filter");
  chip.hidden = !board.query;
  if (!board.query) return;
  syncChildren(chip, [
    h("b", {}, `“${board.query}”`),
    h("span", { class: "dim" }, fill(gettext("%(n)s hidden"), { n: hidden })),
    icon("i-x"),
    h("span", { class: "vh" }, gettext("Show all")),
  ]);
}
