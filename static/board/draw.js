/** Draws the lanes from what the board knows; a card that changes lane travels. */

import { h, icon, syncChildren } from "../look/dom.js";
import { serverNow } from "../wire/clock.js";
import { fill, gettext, timeOfDay } from "../wire/text.js";
import { comingCard, doneCard, laterCard } from "./cards.js";
import { nextStep, visitCard } from "./here.js";
import { coming, finished, fits, tickets, visits } from "./lanes.js";
import { ticketCard } from "./tickets.js";

const time = timeOfDay(document.body.dataset.zone);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const lanes = Object.fromEntries(
  ["coming", "pack", "here", "fin"].map((id) => [id, document.querySelector(`#${id} > ol`)]),
);

/** Draw everything; returns { visits, hidden } for sounds and the filter chip. */
export function draw(board) {
  if (!board.loaded) return { visits: [], hidden: 0 };
  const now = serverNow();
  const context = { now, time, me: board.me, busy: board.busy };
  const all = [...board.cards.values()];
  const found = (card) => fits(card, board.query);
  const models = {
    coming: coming(all.filter(found)),
    pack: tickets(all, now, board.me).filter(({ card, tone }) => tone === "late" || found(card)),
    here: visits(all, now, board.me), // a search hides neither who is here nor what is late
    fin: finished(all.filter(found)),
  };
  const rects = measure();
  const held = document.activeElement;
  fillLane("coming", comingNodes(models.coming, board, context), models.coming.length);
  fillLane("pack", packNodes(models.pack, context), models.pack.length);
  fillLane("here", hereNodes(models.here, context, board), models.here.length);
  fillLane("fin", doneNodes(models.fin, context), board.doneCount);
  if (held?.isConnected && held !== document.activeElement) held.focus({ preventScroll: true });
  drawBays(board.store?.spots ?? [], models.here);
  drawTabs(models, board);
  travel(rects);
  document.getElementById("lanes").removeAttribute("aria-busy");
  return { visits: models.here, hidden: all.length - countShown(models) };
}

function countShown({ coming: onTheWay, pack, here, fin }) {
  const packed = pack.map(({ card }) => card);
  return new Set([...onTheWay, ...packed, ...here.flatMap(({ members }) => members), ...fin]).size;
}

function fillLane(id, nodes, count) {
  syncChildren(lanes[id], nodes);
  const head = document.querySelector(`#${id} > h2 > .n`);
  if (head.textContent !== String(count)) head.textContent = count;
}

function comingNodes(cards, board, context) {
  const nodes = cards.map((card) => comingCard(card, context));
  if (board.later.length && !board.query) nodes.push(laterCard(board.later, context));
  if (nodes.length) return nodes;
  return [empty("coming", board.query ? gettext("Nothing found here.") : gettext("No cars coming."))];
}

function packNodes(models, context) {
  const next = models.findIndex(({ task }) => !task.associate || task.associate.id === context.me?.id);
  const mine = models.findIndex(({ task }) => task.associate?.id === context.me?.id);
  const main = mine >= 0 ? mine : next;
  const nodes = models.map((model, at) => ticketCard(model, context, at === main));
  return nodes.length ? nodes : [empty("pack", gettext("Nothing to pack now."))];
}

function hereNodes(models, context, board) {
  const steps = models.map((visit) => (visit.check ? null : nextStep(visit, context)));
  const mine = steps.findIndex((step) => step?.act === "hand");
  const main = mine >= 0 ? mine : steps.findIndex(Boolean);
  const nodes = models.map((visit, at) => visitCard(visit, context, at === main));
  return nodes.length ? nodes : [empty("here", nobodyHere(board))];
}

function nobodyHere(board) {
  const next = board.later[0];
  if (!next) return gettext("Nobody is waiting.");
  return fill(gettext("Nobody is waiting. %(time)s: %(n)s orders."), { time: time(next.at), n: next.orders });
}

function doneNodes(cards, context) {
  const nodes = cards.map((card, at) => doneCard(card, context, at === 0));
  return nodes.length ? nodes : [empty("fin", gettext("None in the last 10 minutes."))];
}

const empty = (id, text) => h("li", { class: "empty", "data-key": `empty-${id}` }, text);

function drawBays(spots, models) {
  const taken = new Map(
    models.filter(({ here }) => here?.spot).map((visit) => [visit.here.spot, visit.tone]),
  );
  const strip = document.getElementById("bays");
  strip.hidden = spots.length === 0 || spots.length > 12;
  syncChildren(strip, [
    h(
      "span",
      { class: "vh" },
      taken.size
        ? fill(gettext("Taken: %(spots)s"), { spots: [...taken.keys()].join(", ") })
        : gettext("All bays are free"),
    ),
    ...spots.map(({ number }) =>
      h("i", { class: taken.has(number) && "full", "aria-hidden": "true" }, number),
    ),
  ]);
}

function drawTabs(models, board) {
  const worst = models.here.some(({ tone }) => tone === "late")
    ? "late"
    : models.here.some(({ tone }) => tone === "act")
      ? "act"
      : "";
  const tones = [worst, models.pack.some(({ tone }) => tone) ? "act" : "", "", ""];
  const counts = [models.here.length, models.pack.length, models.coming.length, board.doneCount];
  document.querySelectorAll("#tabs b").forEach((count, at) => {
    count.className = tones[at];
    syncChildren(
      count,
      [tones[at] && icon(`g-${tones[at]}`, "", "tone"), String(counts[at])].filter(Boolean).map(asNode),
    );
  });
}

const asNode = (item) => (typeof item === "string" ? document.createTextNode(item) : item);

/** Where each order's cards are, by lane, before they are drawn anew. */
function measure() {
  const rects = new Map();
  if (calm.matches) return rects;
  for (const card of document.querySelectorAll(".lanes li[data-order]")) {
    rects.set(`${card.dataset.order} ${card.closest("section").id}`, card.getBoundingClientRect());
  }
  return rects;
}

/** A card new in a lane comes from where the order's card was; a sign is set down in its bay. */
function travel(rects) {
  if (calm.matches || rects.size === 0) return;
  for (const card of document.querySelectorAll(".lanes li[data-order]")) {
    const lane = card.closest("section").id;
    if (rects.has(`${card.dataset.order} ${lane}`)) continue;
    const from = ["coming", "pack", "here"]
      .map((id) => rects.get(`${card.dataset.order} ${id}`))
      .find(Boolean);
    if (lane === "here") setDown(card);
    else if (from) slide(card, from);
  }
}

function slide(card, from) {
  const to = card.getBoundingClientRect();
  const path = [
    { transform: `translate(${from.left - to.left}px, ${from.top - to.top}px)` },
    { transform: "none" },
  ];
  card.animate(path, { duration: 260, easing: "cubic-bezier(0.2, 0.7, 0.2, 1)" });
}

function setDown(card) {
  const path = [
    { transform: "translateY(-2.5rem) scale(1.25)", opacity: 0 },
    { transform: "none", opacity: 1 },
  ];
  card.querySelector(".sign")?.animate(path, { duration: 520, easing: "cubic-bezier(0.2, 0.7, 0.2, 1)" });
}
