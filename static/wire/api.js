/** Calls to the REST doors: CSRF, one error type with the door's stable code. */

import { gettext } from "./text.js";

/** A refusal or a failure; `code` is stable, `message` is for people, `body` is the problem document. */
export class Refusal extends Error {
  constructor(code, message, status = 0, body = {}) {
    super(message);
    Object.assign(this, { code, status, body });
  }
}

const cookie = (name) =>
  document.cookie
    .split("; ")
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1) ?? "";

/**
 * Send `body` as JSON and return the answer (null when it is empty).
 *
 * @throws {Refusal} "offline" when nothing was reached, "timeout" after 15 s, else the door's own code.
 */
export async function call(method, path, body) {
  const answer = await reach(method, path, body);
  const text = await answer.text();
  const data = parse(text);
  if (answer.ok) return data;
  const detail = data?.detail || gettext("The server could not do this.");
  throw new Refusal(data?.code ?? `http-${answer.status}`, detail, answer.status, data ?? {});
}

async function reach(method, path, body) {
  try {
    return await fetch(path, {
      method,
      credentials: "same-origin",
      headers: {
        Accept: "application/json",
        "Content-Type": "application/json",
        "X-CSRFToken": cookie("csrftoken"),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    });
  } catch (error) {
    if (error.name === "TimeoutError") {
      throw new Refusal(
        "timeout",
        gettext("No answer after 15 seconds. Look at the card before you try again."),
      );
    }
    throw new Refusal("offline", gettext("Not sent: there is no connection. Try again."));
  }
}

function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null; // a proxy's error page; the status says enough
  }
}
