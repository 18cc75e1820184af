/** Elements from data, and changing a page without losing focus, scroll or running animations. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element. `attributes`: class, data-*, on* are not taken (listeners are delegated);
 * `vars` sets custom properties through the CSSOM, which a strict style policy allows; false and null are
 * left out.
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) set(element, name, value);
  element.append(...children.flat(3).filter((child) => child || child === 0));
  return element;
}

function set(element, name, value) {
  if (value === false || value === null || value === undefined) return;
  if (name === "vars") {
    for (const [property, amount] of Object.entries(value)) element.style.setProperty(property, amount);
  } else {
    element.setAttribute(name, value === true ? "" : value);
  }
}

/** Make a reference to a symbol of the page's sprite; with `label` it is an image, else decoration. */
export function icon(id, label, classes = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `${id.startsWith("g-") ? "g" : "i"} ${classes}`.trim());
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#${id}`);
  svg.append(use);
  return svg;
}

/** Shake the device where it can and its user has touched the page: browsers complain otherwise. */
export function shake(pattern) {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(pattern);
}

/** Change `current` into `wanted`, keeping every node that can stay (same tag, same data-key). */
export function morph(current, wanted) {
  if (current.isEqualNode(wanted)) return;
  syncAttributes(current, wanted);
  syncChildren(current, [...wanted.childNodes]);
}

function syncAttributes(current, wanted) {
  for (const { name, value } of [...wanted.attributes]) {
    if (name === "style") syncStyle(current, wanted);
    else if (current.getAttribute(name) !== value) current.setAttribute(name, value);
  }
  for (const { name } of [...current.attributes]) {
    // What a script or the reader did to a live element stays: an opened detail, a busy button.
    if (!wanted.hasAttribute(name) && !current.dataset.keep?.includes(name)) current.removeAttribute(name);
  }
}

function syncStyle(current, wanted) {
  for (const property of wanted.style) {
    current.style.setProperty(property, wanted.style.getPropertyValue(property));
  }
}

/** Make `parent` hold `wanted`, in order, reusing its own nodes by data-key, then by place. */
export function syncChildren(parent, wanted) {
  const keyed = new Map();
  for (const child of parent.children) if (child.dataset?.key) keyed.set(child.dataset.key, child);
  let here = parent.firstChild;
  for (const node of wanted) {
    const known = node.dataset?.key && keyed.get(node.dataset.key);
    const match = known || (alike(here, node) ? here : null);
    if (!match) {
      parent.insertBefore(node, here);
      continue;
    }
    if (match !== here) parent.insertBefore(match, here);
    else here = here.nextSibling;
    if (match.nodeType === Node.TEXT_NODE) {
      if (match.data !== node.data) match.data = node.data;
    } else {
      morph(match, node);
    }
  }
  while (here) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
}

function alike(node, wanted) {
  if (!node || node.nodeType !== wanted.nodeType || node.nodeName !== wanted.nodeName) return false;
  return (node.dataset?.key ?? "") === (wanted.dataset?.key ?? "");
}
