/** The server's clock: a device that runs an hour late still shows true waits. */

let ahead = 0; // milliseconds the server is ahead of this device

/** Learn the server's time from a message's `now` (ISO 8601). */
export function learn(now) {
  const server = Date.parse(now);
  if (!Number.isNaN(server)) ahead = server - Date.now();
}

/** Return the server's time in milliseconds since 1970. */
export const serverNow = () => Date.now() + ahead;

/** Return the seconds from `moment` (ISO 8601) to now; negative while it lies ahead. */
export const secondsSince = (moment, now = serverNow()) => (now - Date.parse(moment)) / 1000;
