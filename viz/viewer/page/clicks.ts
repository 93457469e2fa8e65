/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Clicks where dragging means something else. */

/** A pointer that moves farther between down and up drags, in pixels. */
const CLICK_PIXELS = 4;

/** Calls `act` with the place on the page of each click of the main button, or tap. */
export function listenToClicks(target: HTMLElement, act: (clientX: number, clientY: number) => void): void {
  let down: PointerEvent | null = null;
  target.addEventListener("pointerdown", (event) => down = event.isPrimary && event.button === 0 ? event : null);
  target.addEventListener("pointerup", (event) => {
    const start = down;
    down = null;
    if (!start || start.pointerId !== event.pointerId) return;
    const { clientX, clientY } = event;
    if (Math.hypot(clientX - start.clientX, clientY - start.clientY) <= CLICK_PIXELS) act(clientX, clientY);
  });
}
