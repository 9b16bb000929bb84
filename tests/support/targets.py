"""What a finger can press on a page, and whether it would hit it (WCAG 2.2, 2.5.8)."""

from typing import Any

LEAST_PX = 24
ROOMY_PX = 40
# Heads of columns and points of a curve are as narrow as what they belong to.
ROOMY = "a, button:not(th button, .curves button), input, select, summary, textarea, .player-bar [role=slider]"
# Of each thing to press: its own box or that of its label, whichever is larger. Links within a sentence are as high as
# its lines. A small one passes where a circle of 24 px around it meets no other. All have to be on top where their
# middle is, unless a part that scrolls, or the screen, cuts that off; none lies past the right edge, scrolled or not.
_MISSED = """([root, least, roomy, wide]) => {
  const roles = ["button", "slider", "treeitem", "option"].map((role) => `, [role=${role}]`);
  const wanted = `a[href], button, input, select, textarea, summary${roles.join("")}`;
  const boxOf = (one) => {
    const own = one.getBoundingClientRect(), label = one.closest("label")?.getBoundingClientRect();
    return label && label.width * label.height > own.width * own.height ? label : own;
  };
  const isOfSentence = (one) => one.matches("p a, small a, li a") && getComputedStyle(one).display === "inline"
    && [...one.parentNode.childNodes].some((node) => node !== one && node.nodeType === 3 && node.data.trim());
  const isThere = (one) => one.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })
    && !one.disabled && boxOf(one).width && boxOf(one).height && !one.matches(".skip") && !isOfSentence(one);
  const all = [...document.querySelector(root).querySelectorAll(wanted)].filter(isThere);
  const boxes = all.map(boxOf), middle = ({ left, top, width, height }) => [left + width / 2, top + height / 2];
  const away = ([x, y], { left, top, right, bottom }) =>
    Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
  const isBelow = (box, px) => Math.min(box.width, box.height) < px - 0.01;
  const nested = (one, other) => one.contains(other) || other.contains(one);
  const meets = (box, other) => away(middle(box), other) < least / 2
    || (isBelow(other, least) && away(middle(box), new DOMRect(...middle(other), 0, 0)) < least);
  const told = (one) => (one.getAttribute("aria-label") ?? (one.closest("label") ?? one).textContent).trim();
  const name = (one) => `${one.tagName.toLowerCase()}.${one.getAttribute("class") ?? ""} “${told(one).slice(0, 40)}”`;
  const size = ({ width, height }) => `${Math.round(width)} × ${Math.round(height)} px`;
  const faults = all.flatMap((one, i) => {
    if (boxes[i].right > innerWidth + 1) return [`${name(one)} is past the right edge`];
    if (one.matches(roomy) && isBelow(boxes[i], wide)) return [`${name(one)} has ${size(boxes[i])}`];
    const isClose = isBelow(boxes[i], least)
      && all.some((other, j) => j !== i && !nested(one, other) && meets(boxes[i], boxes[j]));
    return isClose ? [`${name(one)} has ${size(boxes[i])}, and another beside it`] : [];
  });
  // Where it may be cut off.
  const limits = (one) => {
    if (!one) return [new DOMRect(0, 0, innerWidth, innerHeight)];
    const more = limits(one.parentElement);
    return getComputedStyle(one).overflow === "visible" ? more : [one.getBoundingClientRect(), ...more];
  };
  for (const one of all) {
    if (!one.closest(".list")) one.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    const at = middle(boxOf(one)), hit = document.elementFromPoint(...at);
    const isHit = hit && (one.contains(hit) || one.closest("label")?.contains(hit));
    if (!isHit && limits(one.parentElement).every((box) => away(at, box) === 0))
      faults.push(`${name(one)} is covered by ${hit ? name(hit) : "nothing"}`);
  }
  const spare = document.documentElement.scrollWidth - innerWidth;
  return [all.length, [...(spare > 0 ? [`the page is ${spare} px too wide`] : []), ...faults]];
}"""


def missed(page: Any, root: str = "body") -> list[str]:
    """What a finger would miss within an element, in words; of what `ROOMY` selects, also what is below 40 px."""
    count, faults = page.evaluate(_MISSED, [root, LEAST_PX, ROOMY, ROOMY_PX])
    assert count > 0, f"nothing to press in {root}"
    return list(faults)
