// How a story is done: by mouse, by finger, by keys alone.
import assert from "node:assert/strict";

const MOST_TABS = 160,
  LONG_PRESS_MS = 650;
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// An outline, shadow, border or active descendant of the focused element.
const isFocusVisible = () => {
  const at = document.activeElement,
    isSeen = (each) => {
      const { outlineStyle, outlineWidth, boxShadow, strokeWidth } = getComputedStyle(each);
      return (
        (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) ||
        boxShadow !== "none" ||
        (each instanceof SVGElement && parseFloat(strokeWidth) >= 2)
      );
    };
  return (
    isSeen(at) ||
    [...at.querySelectorAll("*")].some(isSeen) ||
    at.matches("[aria-activedescendant]")
  );
};

export class Mouse {
  constructor(page) {
    this.page = page;
  }
  press(element) {
    return element.click();
  }
  async keys(...keys) {
    for (const key of keys) {
      const [last, ...held] = key.split("+").reverse();
      for (const each of held) await this.page.keyboard.down(each);
      await this.page.keyboard.press(last);
      for (const each of held) await this.page.keyboard.up(each);
    }
  }
  async write(field, text) {
    await this.press(field);
    await this.keys("Control+a");
    await this.page.keyboard.type(text);
  }
  async choose(field, value) {
    await field.select(value);
  }
  // An act on a row of the table.
  async act(world, row, title) {
    await row.click({ button: "right" });
    await world.press("button", title, ".pop");
  }
  async undo(world) {
    await world.press("button", "Undo", ".toast");
  }
}

export class Touch extends Mouse {
  press(element) {
    return element.tap();
  }
  async act(world, row, title) {
    const title_ = await row.$(".title"),
      { x, y, width, height } = await title_.boundingBox(),
      touch = await this.page.touchscreen.touchStart(x + width / 2, y + height / 2);
    await pause(LONG_PRESS_MS);
    await touch.end();
    await world.press("button", "Actions");
    await world.press("button", title, ".pop");
  }
}

export class Keys extends Mouse {
  // By Tab, or Shift+Tab to what is before: behind the last element is the browser's own window.
  async reach(element) {
    for (let tabs = 0; tabs < MOST_TABS; tabs++) {
      const way = await element.evaluate((each) => {
        const at = document.activeElement;
        if (each === at) return "";
        const isBefore = at.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_PRECEDING;
        return isBefore ? "Shift+Tab" : "Tab";
      });
      if (way) {
        await this.keys(way);
        continue;
      }
      if (await this.page.evaluate(isFocusVisible)) return;
      assert.equal(tabs, 0, "the focus is not visible");
      await this.keys("Tab", "Shift+Tab"); // Firefox may not mark what a script focused
    }
    const html = await element.evaluate((each) => each.outerHTML.slice(0, 160));
    throw new Error(`Tab does not lead to ${html}`);
  }
  async press(element) {
    await this.reach(element);
    const kind = await element.evaluate((each) =>
      each.matches("input[type=checkbox], input[type=radio]")
        ? " "
        : each.matches("input, textarea, select")
          ? ""
          : "Enter",
    );
    if (kind) await this.keys(kind);
  }
  async choose(field, value) {
    await this.reach(field);
    const steps = await field.evaluate(
      (each, own) =>
        [...each.options].findIndex((option) => option.value === own) - each.selectedIndex,
      value,
    );
    await this.keys(...Array(Math.abs(steps)).fill(steps > 0 ? "ArrowDown" : "ArrowUp"));
  }
  async act(world, row, _title, key) {
    const number = await row.evaluate((each) =>
      Number(each.ariaRowIndex ?? each.getAttribute("aria-rowindex")),
    );
    await this.reach(await world.wait("main table.tracks"));
    await this.keys("Home", ...Array(number - 2).fill("ArrowDown"));
    await world.wait(`tr.current[aria-rowindex="${number}"]`);
    await this.keys(key);
  }
  async undo() {
    const isInField = () => document.activeElement.matches("input, textarea, select");
    do await this.keys("Tab");
    while (await this.page.evaluate(isInField)); // a field has an undo of its own
    await this.keys("Control+z");
  }
}
