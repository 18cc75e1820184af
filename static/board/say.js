/** Short messages at the edge of the board: what could not be done, and why. */

import { h, shake } from "../look/dom.js";
import { fill, gettext } from "../wire/text.js";
import * as sound from "./sound.js";

const STAYS_MS = 9000;

const REASONS = {
  "task-taken": ({ associate }) =>
    associate?.name
      ? fill(gettext("%(name)s has it already."), { name: associate.name })
      : gettext("Somebody has it already."),
  "task-not-yours": ({ associate }) =>
    associate?.name
      ? fill(gettext("%(name)s has this task now."), { name: associate.name })
      : gettext("This task is not yours any more."),
  "invalid-transition": () => gettext("This step is no longer possible. The card shows how it is now."),
  "not-ready": () => gettext("Nothing of this visit is packed yet."),
  "lines-open": () => gettext("Some lines are still open. Pack them, or say “All packed”."),
  "wrong-pickup-code": ({ tries_left: left }) => fill(gettext("Wrong code. Tries left: %(n)s."), { n: left }),
  "pickup-code-locked": () => gettext("Locked after too many wrong codes. A manager must decide."),
  "override-needs-manager": () => gettext("Only a manager hands over without a code."),
  "already-answered": () => gettext("Somebody has already answered."),
  "undo-too-late": () => gettext("Too late to undo: ten seconds have passed, or a colleague handed it over."),
  "not-authenticated": () => gettext("You are signed out. Reload the page and sign in."),
  "store-not-found": () => gettext("You do not work at this store, or not any more."),
};

/** Return what a refusal means, in words for the associate. */
export const reason = (refusal) => REASONS[refusal.code]?.(refusal.body) ?? refusal.message;

/** Show a message; `code` stands behind it, small, for the telephone with support. */
export function toast(text, code = "") {
  const note = h("p", { class: "toast" }, h("b", {}, text), code && h("span", { class: "note" }, code));
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), STAYS_MS);
}

/** Show a refusal, with a buzz. */
export function refuse(refusal) {
  toast(reason(refusal), refusal.code);
  sound.play("error");
  shake(300);
}
