// Looks that run inside the page: contrast, overlaps of labels, what sticks out.

/** Texts whose contrast with their ground is below 4.5: [{text, ratio}]. */
export function poorContrast() {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => {
    const linear = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const groundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return rgba(getComputedStyle(document.documentElement).backgroundColor);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility() || element.closest(".unseen, .skip")) continue;
    const style = getComputedStyle(element);
    const ink = rgba(element instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [luminance(ink), luminance(groundOf(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push({ text: node.data.trim().slice(0, 40), ratio: ratio.toFixed(2) });
  }
  return found;
}

/** Labels of the drawings that overlap one another or leave their drawing. */
export function badLabels() {
  const found = [];
  for (const drawing of document.querySelectorAll(".drawing svg")) {
    if (!drawing.checkVisibility()) continue;
    const frame = drawing.getBoundingClientRect();
    const labels = [...drawing.querySelectorAll("text")].map((text) => ({ words: text.textContent, box: text.getBoundingClientRect() }));
    labels.forEach(({ words, box }, i) => {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1) {
        found.push(`${drawing.parentElement.id}: "${words}" leaves the drawing`);
      }
      for (const other of labels.slice(i + 1)) {
        const apart = box.right <= other.box.left || other.box.right <= box.left || box.bottom <= other.box.top + 1 || other.box.bottom <= box.top + 1;
        if (!apart) found.push(`${drawing.parentElement.id}: "${words}" overlaps "${other.words}"`);
      }
    });
  }
  return found;
}

/** How much wider the page is than the window. */
export function overflow() {
  return document.documentElement.scrollWidth - document.documentElement.clientWidth;
}

/** Text that is cut off inside its own element, outside of parts that scroll. */
export function clipped() {
  const found = [];
  for (const element of document.querySelectorAll("h1, h2, h3, p, dt, dd, button, .badge")) {
    if (!element.checkVisibility() || element.closest(".unseen, .skip, .scroll, .graph, .editor")) continue;
    if (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline") {
      found.push(`${element.tagName} "${element.textContent.trim().slice(0, 40)}"`);
    }
  }
  return found;
}

/** What a keyboard must reach: a name for each. */
export function focusables() {
  const name = (element) => element.id || element.getAttribute("aria-label") || element.textContent.trim();
  return [...document.querySelectorAll("a[href], button, input, textarea, [tabindex='0']")]
    .filter((element) => element.checkVisibility() && !element.disabled)
    .map(name);
}

/** Where the focus is, and whether that is to be seen. */
export function focused() {
  const element = document.activeElement;
  const ring = (each) => getComputedStyle(each).outlineStyle !== "none" && parseFloat(getComputedStyle(each).outlineWidth) > 0;
  return {
    name: element.id || element.getAttribute("aria-label") || element.textContent.trim(),
    visible: ring(element) || Boolean(element.parentElement && ring(element.parentElement)),
    body: element === document.body,
  };
}
