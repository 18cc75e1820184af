/** Which cards stand in which lane, in what order and how urgent. Pure: cards and a time in, models out. */

import { secondsSince } from "../wire/clock.js";

export const NOW_AFTER_S = 120; // waiting longer: "now"
export const LATE_AFTER_S = 240; // waiting longer: "late"
export const COLD_LIMIT_S = 12 * 60; // out of the fridge (the goal of the fresh wave: p95 at most 12 minutes)
const SOON_S = 300; // a wave whose start lies closer is due

const PACKS = ["PACK_AMBIENT", "PACK_FRESH"];
const OPEN = ["QUEUED", "IN_PROGRESS"];
const ms = (moment) => (moment ? Date.parse(moment) : Infinity);

/** Return whether a card fits what the reader searches for (code, name, number, plate's end). */
export function fits(card, query) {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return true;
  return [card.code, card.name, card.number, card.vehicle?.plate_tail, card.vehicle?.description].some(
    (text) => text?.toLowerCase().includes(wanted),
  );
}

/** Return the cards on their way or planned, the soonest first. */
export function coming(cards) {
  const soonest = (card) =>
    Math.min(ms(card.eta?.low), card.on_way_at && !card.eta ? ms(card.on_way_at) : Infinity);
  return cards
    .filter((card) => card.lane === "coming" && !card.check)
    .sort(
      (a, b) =>
        soonest(a) - soonest(b) || ms(a.window?.start) - ms(b.window?.start) || compare(a.code, b.code),
    );
}

/** Return the packing tasks: what you have, free ones by the time to start, what others have. */
export function tickets(cards, now, me) {
  return cards
    .filter((card) => card.lane !== "done")
    .flatMap((card) => openPacks(card).map((task) => ticket(card, task, now)))
    .sort((a, b) => rank(a, me) - rank(b, me) || a.startAt - b.startAt || a.task.id - b.task.id);
}

export const openPacks = (card) =>
  card.tasks.filter((task) => PACKS.includes(task.kind) && OPEN.includes(task.status));

function rank({ task, tone }, me) {
  if (task.associate) return task.associate.id === me?.id ? 0 : 3;
  return tone ? 1 : 2;
}

function ticket(card, task, now) {
  const startAt = ms(task.start_by ?? task.due_at ?? card.window?.start);
  const late = secondsSince(task.due_at ?? card.window?.start, now) > 0;
  const soon = task.kind === "PACK_FRESH" || startAt - now < SOON_S * 1000;
  const tone = task.status === "QUEUED" && soon ? (late ? "late" : "act") : "";
  return { card, task, startAt, tone, key: `pack-${task.id}` };
}

/** Return the visits on the lot, one a car: the longest wait first, what others have in hand after that. */
export function visits(cards, now, me) {
  const groups = new Map();
  for (const card of cards) {
    if (card.lane !== "here" && !card.check) continue;
    const key = card.here?.visit ? `visit-${card.here.visit}` : `order-${card.order}`;
    groups.set(key, [...(groups.get(key) ?? []), card]);
  }
  return [...groups]
    .map(([key, members]) =>
      visit(
        key,
        members.sort((a, b) => compare(a.code, b.code)),
        now,
      ),
    )
    .sort((a, b) => isOthers(a, me) - isOthers(b, me) || a.sinceMs - b.sinceMs || compare(a.key, b.key));
}

const isOthers = ({ claimed, holder }, me) => Number(claimed && holder.id !== me?.id);

function visit(key, members, now) {
  const here = members.find((card) => card.here)?.here ?? null;
  const tasks = members.flatMap((card) => card.tasks);
  const take = tasks.find((task) => task.kind === "TAKE_OUT" && OPEN.includes(task.status)) ?? null;
  const packs = members.flatMap(openPacks);
  const check = members.find((card) => card.check)?.check ?? null;
  const since = here?.since ?? check?.since ?? null;
  const wait = since ? Math.max(0, secondsSince(since, now)) : 0;
  const holder = take?.associate ?? packs.find((task) => task.associate)?.associate ?? null;
  return {
    key,
    members,
    here,
    take,
    packs,
    check,
    since,
    wait,
    holder,
    lead: members[0],
    claimed: Boolean(holder) && !check,
    sinceMs: ms(since),
    waiting: members.flatMap((card) =>
      card.tasks.filter((task) => task.kind === "PACK_FRESH" && task.status === "WAITING").map(() => card),
    ),
    tone: check ? "check" : urgency(wait),
  };
}

/** Return the tone of a wait in seconds. */
export function urgency(wait) {
  if (wait > LATE_AFTER_S) return "late";
  return wait > NOW_AFTER_S ? "act" : "near";
}

/** Return the handed over cards, the latest first. */
export const finished = (cards) =>
  cards
    .filter((card) => card.lane === "done")
    .sort((a, b) => ms(b.done?.at) - ms(a.done?.at) || compare(a.code, b.code));

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
