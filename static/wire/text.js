/** Words in the reader's language (Django's catalog), and how times, counts and money are written. */

const catalog = window.django ?? {};

export const language = document.documentElement.lang || "en";

/** Return `message` in the page's language. */
export const gettext = (message) => (catalog.gettext ? catalog.gettext(message) : message);

/** Return the form of a counted message that fits `count`. */
export const ngettext = (one, many, count) =>
  catalog.ngettext ? catalog.ngettext(one, many, count) : count === 1 ? one : many;

/** Return a message whose meaning depends on `context`. */
export const pgettext = (context, message) =>
  catalog.pgettext ? catalog.pgettext(context, message) : message;

/** Return `message` with each %(name)s replaced by values.name. */
export const fill = (message, values) =>
  message.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));

/** Return "4:09" for 249 seconds, "1:02:05" above an hour; below zero counts as zero. */
export function clockText(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Return a function that writes a moment as the store's wall clock shows it: "14:57". */
export function timeOfDay(timeZone) {
  const format = new Intl.DateTimeFormat(language, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone,
  });
  return (moment) => format.format(new Date(moment));
}

/** Return the words joined as the language joins a list: "plate, position and tap". */
export const listText = (words) =>
  new Intl.ListFormat(language, { style: "short", type: "unit" }).format(words);
