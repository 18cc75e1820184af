/** The paper tickets of the lane Pack now. */

import { h, icon } from "../look/dom.js";
import { clockText, fill, gettext, ngettext } from "../wire/text.js";
import { arrivalText, coldCount, coldText, fact, hasIt, itemsText, person, vehicle } from "./words.js";

/** A paper ticket of Pack now. `main`: it is the next thing to do. */
export function ticketCard(model, context, main) {
  const { card, task, tone, key } = model;
  const mine = task.associate?.id === context.me?.id;
  const primary = !task.associate ? "start" : mine ? "open" : "more";
  const classes = ["ticket", task.associate ? "taken" : tone].filter(Boolean).join(" ");
  return h(
    "li",
    {
      class: classes,
      tabindex: 0,
      "data-key": key,
      "data-order": card.order,
      "data-task": task.id,
      "data-primary": primary,
    },
    h(
      "div",
      { class: "line" },
      h("b", { class: "code" }, card.code),
      h("span", { class: "name" }, card.name),
      deadline(model, context),
    ),
    task.associate ? progress(model) : work(model, context),
    h(
      "div",
      { class: "line dim" },
      vehicle(card),
      h("span", { class: "end" }, arrivalText(card, context.now)),
    ),
    !task.associate && button(gettext("Start packing"), "start", task, context, main),
    mine && button(gettext("Go on packing"), "open", task, context, main),
  );
}

const button = (text, act, task, { busy }, main) =>
  h(
    "button",
    {
      class: `btn${main ? " main" : ""}`,
      type: "button",
      "data-act": act,
      "data-task": task.id,
      "aria-busy": busy.has(`${act}-${task.id}`) && "true",
    },
    text,
  );

function deadline({ card, task, tone, startAt }, { now, time, me }) {
  if (task.associate)
    return h("span", { class: "end line" }, person(task.associate), h("b", {}, hasIt(task.associate, me)));
  const left = (startAt - now) / 1000;
  const words =
    tone === "late"
      ? fill(gettext("%(late)s late"), {
          late: clockText((now - Date.parse(task.due_at ?? card.window.start)) / 1000),
        })
      : left <= 0
        ? gettext("start now")
        : left < 600
          ? fill(gettext("start in %(left)s"), { left: clockText(left) })
          : fill(gettext("start by %(time)s"), { time: time(startAt) });
  if (!tone) return h("span", { class: "end dim" }, words);
  return h(
    "span",
    { class: "end line tone" },
    icon(`g-${tone}`, tone === "late" ? gettext("late") : gettext("now")),
    h("b", {}, words),
  );
}

function work({ card, task }, { time }) {
  const minutes = Math.max(1, Math.ceil((task.packing_s ?? 0) / 60));
  const lasts = fill(gettext("%(n)s min"), { n: minutes });
  if (task.kind === "PACK_FRESH") {
    return h(
      "div",
      { class: "line" },
      fact("i-snow", h("b", {}, coldText(card.cold) || itemsText(task.of))),
      h("span", { class: "end dim" }, lasts),
    );
  }
  const walk = fill(ngettext("%(items)s, %(n)s aisle", "%(items)s, %(n)s aisles", card.aisles), {
    items: itemsText(task.of || card.items),
    n: card.aisles,
  });
  const until = card.window
    ? fill(gettext("%(lasts)s, for %(time)s"), { lasts, time: time(card.window.start) })
    : lasts;
  return h("div", { class: "line dim" }, h("span", {}, walk), h("span", { class: "end" }, until));
}

function progress({ card, task }) {
  const label = fill(gettext("%(done)s of %(of)s packed"), { done: task.done, of: task.of });
  const bits =
    task.of <= 12
      ? h(
          "div",
          { class: "bits", role: "img", "aria-label": label },
          Array.from({ length: task.of }, (_, at) => h("i", { class: at < task.done && "on" })),
        )
      : h(
          "div",
          {
            class: "meter",
            role: "img",
            "aria-label": label,
            vars: { "--p": `${(100 * task.done) / task.of}%` },
          },
          h("i", {}),
        );
  return [
    bits,
    h(
      "div",
      { class: "line dim" },
      fact(task.kind === "PACK_FRESH" && coldCount(card.cold) ? "i-snow" : "i-bag", label),
    ),
  ];
}
