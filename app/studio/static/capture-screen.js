// What the screen does during the live check: one colour all over, a dot to follow, a tone for closed eyes.
const MOST_CHANGES = 3;   // of the whole screen within any second; WCAG 2.3.1 allows three flashes, which are two changes each
const SECOND = 1000;

/** The whole screen in one colour, never changing faster than is safe, whatever the server says. */
export class Light {
  constructor(dialog) { this.dialog = dialog; this.colour = null; this.changes = []; }

  /** Paint `colour` ([r, g, b], each 0 to 255), or neutral for null. False if that would be one change too many. */
  paint(colour) {
    const css = colour && `rgb(${colour.join(', ')})`;
    if (css === this.colour) return true;
    const now = performance.now();
    this.changes = this.changes.filter(at => now - at < SECOND);
    const fine = css === null || this.changes.length < MOST_CHANGES;
    this.changes.push(now);
    this.colour = fine ? css : null;
    if (this.colour) this.dialog.style.setProperty('--screen', this.colour); else this.dialog.style.removeProperty('--screen');
    this.dialog.classList.toggle('lit', Boolean(this.colour));
    return fine;
  }
}

/** A dot that goes where the server says it is at each moment since it was painted, and a ring where the nose points. */
export class Dot {
  constructor(field) {
    this.field = field; this.dot = field.querySelector('.dot'); this.ring = field.querySelector('.aim');
    this.stop();
  }

  stop() { this.path = []; this.since = null; this.aim = null; this.at = null; this.running = false; }

  /** Take what is known of the path, [[seconds, x, y], ...], and where the nose points, [x, y] or null. */
  hear(path, aim) {
    for (const point of path) if (!this.path.length || point[0] > this.path.at(-1)[0]) this.path.push(point);
    this.aim = aim;
    if (this.running) return;
    this.running = true;
    const frame = now => { if (this.running) { requestAnimationFrame(frame); this.draw(now); } };
    this.draw(performance.now());
    requestAnimationFrame(frame);
  }

  painted(at) { this.since = at; }

  draw(now) {
    const [x, y] = along(this.path, this.since === null ? 0 : (now - this.since) / SECOND);
    this.place(this.dot, x, y);
    this.ring.hidden = !this.aim;
    if (!this.aim) { this.at = null; return; }
    const share = this.at ? Math.min(1, (now - this.last) / 90) : 1;   // eased, for the camera is slower than the screen
    this.at = (this.at || this.aim).map((value, axis) => value + (this.aim[axis] - value) * share);
    this.last = now;
    this.place(this.ring, ...this.at.map(value => Math.max(-1, Math.min(1, value))));
  }

  place(part, x, y) {
    const { clientWidth: width, clientHeight: height } = this.field;
    part.style.transform = `translate(${x * width / 2}px, ${-y * height / 2}px)`;
  }
}

/** Where a path [[seconds, x, y], ...] is at `seconds`; it rests at its ends. */
function along(path, seconds) {
  const next = path.findIndex(point => point[0] > seconds);
  if (!path.length) return [0, 0];
  if (next < 1) return (next === 0 ? path[0] : path.at(-1)).slice(1);
  const [[t0, x0, y0], [t1, x1, y1]] = path.slice(next - 1, next + 1);
  const share = (seconds - t0) / (t1 - t0);
  return [x0 + (x1 - x0) * share, y0 + (y1 - y0) * share];
}

/** A short soft tone, made here; silence where the browser has none. */
export class Tone {
  /** Call on a click: browsers let a page sound only then. */
  wake() {
    try { this.audio = this.audio || new AudioContext(); this.audio.resume().catch(() => {}); } catch { this.audio = null; }
  }

  play() {
    if (!this.audio || this.audio.state !== 'running') return;
    const start = this.audio.currentTime;
    for (const [pitch, delay] of [[660, 0], [880, 0.12]]) {
      const voice = this.audio.createOscillator(), loud = this.audio.createGain();
      voice.frequency.value = pitch;
      loud.gain.setValueAtTime(0, start + delay);
      loud.gain.linearRampToValueAtTime(0.25, start + delay + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.001, start + delay + 0.3);
      voice.connect(loud).connect(this.audio.destination);
      voice.start(start + delay); voice.stop(start + delay + 0.32);
    }
  }

  end() { if (this.audio) this.audio.close().catch(() => {}); this.audio = null; }
}
