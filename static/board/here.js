/** The cards of Here: one sign a car, its question or its next step. */

import { h, icon } from "../look/dom.js";
import { clockText, fill, gettext, ngettext } from "../wire/text.js";
import { coldClock, doubtText, fact, hasIt, itemsText, person, places, plate, signalsText, vehicle } from "./words.js";

const TONE_WORDS = {
  near: () => gettext("here"),
  act: () => gettext("now"),
  late: () => gettext("late"),
  check: () => gettext("check"),
};

/** A visit's card. `main`: its button is the next thing to do. */
export function visitCard(visit, context, main) {
  const classes = ["bay", visit.tone, visit.claimed ? "taken" : visit.check ? "" : "calls"]
    .filter(Boolean)
    .join(" ");
  const step = visit.check ? null : nextStep(visit, context);
  return h(
    "li",
    {
      class: classes,
      tabindex: 0,
      "data-key": visit.key,
      "data-order": visit.lead.order,
      "data-primary": step?.act ?? "more",
      "data-task": step?.task,
    },
    sign(visit),
    h(
      "div",
      { class: "body" },
      h("div", { class: "facts" }, visit.check ? question(visit) : facts(visit, context)),
      visit.check ? answers(visit, context) : acts(visit, step, context, main),
      h(
        "div",
        { class: "wallonly line" },
        visit.check
          ? gettext("Ask the driver for the code.")
          : !visit.holder && h("b", {}, gettext("Nobody yet")),
      ),
    ),
  );
}

/** The bay's sign: the same as on its post. Without a known bay it is the parking sign. */
function sign({ here, check, tone, claimed }) {
  const spot = here?.spot ?? (check ? "?" : "P");
  const size = spot.length > 2 ? " three" : spot.length > 1 ? " two" : "";
  const where = here?.spot ? fill(gettext("Bay %(spot)s"), { spot }) : gettext("Bay not known");
  const label = `${where}, ${TONE_WORDS[tone]()}${claimed ? `, ${gettext("taken")}` : ""}`;
  return h(
    "span",
    { class: `sign${size}`, role: "img", "aria-label": label },
    spot,
    h("i", {}),
    !claimed && !check && h("u", {}),
  );
}

const timer = ({ tone, wait, since }) =>
  since &&
  h(
    "span",
    { class: "end line tone" },
    icon(`g-${tone}`, TONE_WORDS[tone]()),
    h("span", { class: "time" }, clockText(wait)),
  );

function facts(visit, { now, me }) {
  const { members, lead, here } = visit;
  const goods = load(members);
  const cold = coldClock(
    members
      .map((card) => card.cold_since)
      .filter(Boolean)
      .sort()[0],
    now,
  );
  return [
    h(
      "div",
      { class: "line" },
      h("b", { class: "code" }, members.map((card) => card.code).join(" ")),
      h("span", { class: "name" }, lead.name),
      timer(visit),
    ),
    h(
      "div",
      { class: "line" },
      vehicle(lead),
      places([...new Set(members.flatMap((card) => card.places))], "end"),
    ),
    h(
      "div",
      { class: "line" },
      fact("i-bag", goods),
      cold
        ? h(
            "span",
            { class: `cold end ${cold.tone} ${cold.tone && "tone"}` },
            icon("i-snow"),
            h("b", {}, cold.text),
          )
        : h("span", { class: "end dim" }, signalsText(here?.signals)),
    ),
    !visit.holder && status(visit, me),
    doubt(here),
  ];
}

/** What speaks against the visit, for a person to look at; the card stays where it is. */
function doubt(here) {
  const words = doubtText(here?.signals);
  return words && h("div", { class: "line check tone" }, icon("g-check", gettext("check")), h("b", {}, words));
}

/** "3 orders, 9 bags"; items while nothing is bagged. */
function load(members) {
  const sum = (name) => members.reduce((total, card) => total + (card[name] ?? 0), 0);
  const bags = sum("bags");
  const goods = bags ? fill(ngettext("%(n)s bag", "%(n)s bags", bags), { n: bags }) : itemsText(sum("items"));
  if (members.length === 1) return goods;
  return fill(ngettext("%(n)s order, %(goods)s", "%(n)s orders, %(goods)s", members.length), {
    n: members.length,
    goods,
  });
}

function status({ take, packs, holder, claimed }, me) {
  const packer = packs.find((task) => task.associate);
  if (take?.associate)
    return h("div", { class: "line" }, person(take.associate), h("b", {}, hasIt(take.associate, me)));
  if (packer) {
    const words = fill(gettext("%(name)s packs, %(done)s of %(of)s"), {
      name: packer.associate.name,
      done: packer.done,
      of: packer.of,
    });
    return h("div", { class: "line" }, person(packer.associate), h("b", {}, words));
  }
  return (
    packs.length > 0 &&
    !claimed &&
    !holder &&
    h("div", { class: "line act tone" }, icon("g-act"), h("b", {}, gettext("not all packed yet")))
  );
}

/** Return this associate's next legal step: { act, task, order, text }; null when it is another's turn. */
export function nextStep({ take, packs, waiting, lead }, { me }) {
  const free = packs.find((task) => !task.associate);
  const mine = packs.find((task) => task.associate?.id === me?.id);
  if (mine) return { act: "open", task: mine.id, text: gettext("Go on packing") };
  if (free) return { act: "start", task: free.id, text: gettext("Start packing") };
  if (packs.length) return null;
  if (waiting.length)
    return { act: "fresh", order: waiting[0].order, text: gettext("Pack the cold items now") };
  if (take && !take.associate) return { act: "take", task: take.id, text: gettext("I’m taking it") };
  if (take?.associate?.id === me?.id)
    return { act: "hand", task: take.id, order: lead.order, text: gettext("Hand over") };
  return null;
}

/** The next step and more; where it is another's turn, who has it stands in the step's place. */
function acts(visit, step, { busy, me }, main) {
  const where = visit.here?.spot
    ? fill(gettext("More for bay %(spot)s"), { spot: visit.here.spot })
    : fill(gettext("More for %(code)s"), { code: visit.lead.code });
  const attributes = step && {
    class: `btn${main ? " main" : ""}`,
    type: "button",
    "data-act": step.act,
    "data-task": step.task,
    "data-order": step.order ?? visit.lead.order,
    "aria-busy": busy.has(`${step.act}-${step.task ?? step.order}`) && "true",
  };
  const more = h(
    "button",
    {
      class: "btn more",
      type: "button",
      "data-act": "more",
      "data-order": visit.lead.order,
      "aria-label": where,
    },
    icon("g-more"),
  );
  return [
    step && visit.holder && h("div", { class: "holder" }, status(visit, me)),
    h(
      "div",
      { class: step ? "acts" : "acts calm" },
      step ? h("button", attributes, step.text) : status(visit, me),
      more,
    ),
    !step && visit.holder && h("div", { class: "wallonly" }, status(visit, me)),
  ];
}

function question(visit) {
  const { check, lead } = visit;
  const card = visit.members.find((member) => member.check) ?? lead;
  const off =
    check.differs.length === 0
      ? gettext("the end is the same, the rest is unsure")
      : fill(ngettext("%(n)s character differs", "%(n)s characters differ", check.differs.length), {
          n: check.differs.length,
        });
  return [
    h(
      "div",
      { class: "line" },
      h("b", { class: "code" }, fill(gettext("Is this %(name)s?"), { name: card.name })),
      timer(visit),
    ),
    h(
      "div",
      { class: "line" },
      h("span", { class: "fact" }, gettext("camera"), plate(check.read_tail, check.differs)),
      h("span", { class: "fact" }, gettext("expected"), plate(check.expected_tail, check.differs)),
    ),
    h("div", { class: "line dim" }, [card.code, card.vehicle?.description, off].filter(Boolean).join(", ")),
  ];
}

function answers({ check, members }, { busy }) {
  const card = members.find((member) => member.check);
  const waits = busy.has(`check-${check.task}`) && "true";
  const answer = (text, value) =>
    h(
      "button",
      {
        class: "btn",
        type: "button",
        "data-act": "check",
        "data-task": check.task,
        "data-answer": value,
        "aria-busy": waits,
      },
      text,
    );
  return h(
    "div",
    { class: "acts" },
    answer(gettext("Yes"), "yes"),
    answer(gettext("No"), "no"),
    h(
      "button",
      { class: "btn", type: "button", "data-act": "ask", "data-task": check.task, "data-order": card.order },
      gettext("Ask code"),
    ),
  );
}
