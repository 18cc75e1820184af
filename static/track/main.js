/** The customer's page with scripts: live, its forms stay on the page, the position where agreed. */

import { call } from "../wire/api.js";
import { fill, gettext } from "../wire/text.js";
import { Live, page } from "./live.js";
import { Trip } from "./trip.js";

const { token } = document.body.dataset;
const ask = document.getElementById("ask");
const element = (id) => document.getElementById(id);

let shown = { sharing: false, paused: true, problem: "" };

const trip = new Trip(token, (state) => {
  shown = state;
  drawShare();
});
const live = new Live(token, () => {
  if (["done", "canceled", "expired"].includes(page().dataset.moment)) trip.end();
  drawShare();
});

/** The page from the server knows nothing of this phone's position: that part is drawn here. */
function drawShare() {
  if (!element("share")) return;
  const { sharing, paused, problem } = shown;
  element("share").hidden = !sharing;
  element("share").classList.toggle("paused", paused);
  element("share-words").textContent = paused ? gettext("Sharing is paused") : gettext("Sharing location");
  element("share-note").hidden = !sharing;
  element("share-start").hidden = sharing;
  element("share-problem").hidden = !problem;
  if (element("share-problem").textContent !== problem) element("share-problem").textContent = problem;
}

async function choose(camera, words) {
  await trip.stop({ camera });
  element("noted").textContent = words;
}

const STEPS = {
  ask: () => ask.showModal(),
  stop: async () => {
    await trip.stop();
    element("noted").textContent = gettext("Stopped. Your position is deleted.");
  },
  share: () => trip.share(),
  camera: () => choose(true, gettext("Noted: the camera looks for your plate.")),
  neither: () => choose(false, gettext("Noted: no camera looks for your plate.")),
};

document.addEventListener("click", async (event) => {
  const name = event.target.closest("[data-do]")?.dataset.do;
  if (!STEPS[name]) return;
  if (ask.open) ask.close();
  try {
    await STEPS[name]();
  } catch (refusal) {
    say(refusal);
  }
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.api) return;
  event.preventDefault();
  const button = event.submitter ?? form.querySelector("button");
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  try {
    await call("POST", form.dataset.api, read(form, event.submitter));
    if (form.dataset.then === "ask" && !trip.sharing) ask.showModal();
    form.closest("details")?.removeAttribute("open");
    await live.refresh();
  } catch (refusal) {
    say(refusal);
  } finally {
    button.removeAttribute("aria-busy");
  }
});

/** A form's fields as the API takes them: numbers for minutes, null for nothing. */
function read(form, submitter) {
  const fields = Object.fromEntries(new FormData(form, submitter));
  if (fields.minutes !== undefined) return { minutes: fields.minutes ? Number(fields.minutes) : null };
  return { spot: fields.spot || null };
}

function say(refusal) {
  const notice = element("notice") ?? document.createElement("p");
  Object.assign(notice, { id: "notice", className: "mistake" });
  notice.setAttribute("role", "alert");
  notice.textContent = fill("%(message)s (%(code)s)", { message: refusal.message, code: refusal.code });
  page().querySelector(".foot, .links")?.before(notice);
  live.refresh();
}

for (const element_ of document.querySelectorAll(".js-only")) element_.hidden = false;
live.start();
trip.recall().catch(() => {}); // a closed order has no trip to recall
addEventListener("online", () => trip.flush());
