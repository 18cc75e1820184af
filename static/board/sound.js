/** Sounds that differ in rhythm, so that pitch need not be heard. Silence is the reward for a claim. */

import { gettext } from "../wire/text.js";
import { h, icon, shake, syncChildren } from "../look/dom.js";

const REPEAT_ARRIVED_MS = 15_000;
const REPEAT_LATE_MS = 30_000;
const MUTE_MS = 10 * 60_000; // then by itself: a muted board that nobody knows of is a customer waiting

// [frequency in Hz, start in s, length in s]
const TUNES = {
  new: [[660, 0, 0.18]],
  near: [
    [520, 0, 0.14],
    [780, 0.2, 0.2],
  ],
  due: [
    [520, 0, 0.14],
    [780, 0.2, 0.2],
  ],
  arrived: [
    [880, 0, 0.16],
    [880, 0.24, 0.16],
    [1175, 0.48, 0.34],
  ],
  late: [
    [294, 0, 0.22],
    [294, 0.32, 0.3],
  ],
  error: [[160, 0, 0.35]],
};

let audio = null;
let mutedUntil = 0;
const last = { arrived: 0, late: 0 };
const button = document.getElementById("sound");

/** Watch the button, and the first gesture anywhere: browsers keep a page silent before one. */
export function listen() {
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    if (!isReady()) wake();
    else mutedUntil = isMuted() ? 0 : Date.now() + MUTE_MS;
    drawButton();
  });
  for (const name of ["pointerdown", "keydown"]) addEventListener(name, wake, { once: true, capture: true });
  drawButton();
}

const isReady = () => audio?.state === "running";
const isMuted = () => Date.now() < mutedUntil;

function wake() {
  audio ??= new AudioContext();
  audio.resume().then(drawButton, drawButton);
}

function drawButton() {
  const ready = isReady();
  const text = !ready ? gettext("Tap to enable sound") : isMuted() ? gettext("Muted") : gettext("On");
  button.setAttribute("aria-pressed", String(ready && !isMuted()));
  button.setAttribute(
    "aria-label",
    !ready
      ? text
      : isMuted()
        ? gettext("Sound is muted for 10 minutes. Switch on")
        : gettext("Sound is on. Mute for 10 minutes"),
  );
  syncChildren(button, [icon(ready && !isMuted() ? "i-sound" : "i-mute"), h("span", {}, text)]);
}

/** Play a tune of TUNES once; returns whether it could be heard. Counted on the page for tests. */
export function play(name) {
  document.body.dataset.lastSound = name;
  if (!isReady() || isMuted()) return false;
  for (const [frequency, start, length] of TUNES[name]) note(frequency, audio.currentTime + start, length);
  return true;
}

function note(frequency, at, length) {
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.type = "triangle";
  tone.frequency.value = frequency;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.4, at + 0.015);
  volume.gain.exponentialRampToValueAtTime(0.001, at + length);
  tone.connect(volume).connect(audio.destination);
  tone.start(at);
  tone.stop(at + length);
}

/** Call until someone claims: three notes at once and every 15 s; when late, two low ones every 30 s. */
export function call(visits, { fresh = false } = {}) {
  const free = visits.filter((visit) => !visit.claimed);
  if (free.length === 0) last.arrived = 0;
  else if (fresh || Date.now() - last.arrived >= REPEAT_ARRIVED_MS) ring("arrived");
  if (!free.some(({ tone }) => tone === "late")) last.late = 0;
  else if (Date.now() - last.late >= REPEAT_LATE_MS) ring("late");
  drawButton();
}

function ring(name) {
  last[name] = Date.now();
  play(name);
  if (name === "arrived") shake([200, 80, 200, 80, 300]);
}
