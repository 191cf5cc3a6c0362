// Stage 1 in the browser: camera -> JPEG frames stamped with the page's own clock -> socket; the server pushes prompts.
// The server decides everything; this file shows what it says and reports when it was shown.
import { chosen, icon, markup, prefill } from '/capture/assets/capture-parts.js';
import { Dot, Light, Tone } from '/capture/assets/capture-screen.js';

export const CAMERA_ERRORS = {
  NotAllowedError: 'camera-refused', SecurityError: 'camera-refused', NotFoundError: 'no-camera',
  OverconstrainedError: 'no-camera', NotReadableError: 'camera-busy', AbortError: 'camera-busy',
};
// Names that virtual cameras give themselves. Anybody can rename one: this stops accidents, not attacks.
export const VIRTUAL = /virtual|\b(obs|manycam|v4l2[ -]?loopback|dummy video device|snap camera|xsplit|v-?cam|mmhmm|camtwist|sparkocam|youcam|akvcam|webcamoid|unity video|ndi|vmix)\b/i;
const MOST_UNACKNOWLEDGED = 3;   // frames on their way at once: the server's pace sets ours
const LONG_TRIP = 400;           // milliseconds from frame to answer beyond which one less is sent: hints must be about now
const SLOW_CAMERA = 8;           // pictures a second below which more light helps: cameras slow down in the dark

const nextPaint = () => new Promise(resolve => requestAnimationFrame(resolve));
let remembered = null;   // the last choices, in this page's memory alone

/** Open the dialog for a press on `button`; `root` holds the words, `done(detail)` is called when it has closed. */
export function start(root, button, done) {
  if (!document.querySelector('dialog.capture')) new Check(root, button, done).choose();
}

class Check {
  constructor(root, button, done) {
    this.words = JSON.parse(root.querySelector('[data-words]').dataset.words);
    this.button = button; this.done = done; this.detail = { ok: false, code: 'cancelled' };
    this.dialog = document.createElement('dialog');
    this.dialog.className = 'capture';
    this.dialog.setAttribute('aria-label', this.words.title);
    this.dialog.innerHTML = markup(this.words);
    this.part = name => this.dialog.querySelector(name);
    this.light = new Light(this.dialog); this.dot = new Dot(this.part('.field')); this.tone = new Tone();
    this.part('[data-close]').onclick = this.part('[data-leave]').onclick = () => this.close();
    this.part('[data-again]').onclick = () => this.run();
    this.part('[data-change]').onclick = () => this.choose();
    this.part('.choices').onsubmit = event => { event.preventDefault(); remembered = chosen(this.part('.choices')); this.run(); };
    this.dialog.addEventListener('cancel', event => { event.preventDefault(); this.close(); });
    this.hide = () => { if (document.hidden && this.live) this.refuse('page-hidden'); };
    document.addEventListener('visibilitychange', this.hide);
    // the Escape key leaves a full screen before the page hears of it; it means the same
    this.part('.booth').addEventListener('fullscreenchange', () => {
      if (this.live && this.filming && !document.fullscreenElement) this.close();
    });
  }

  choose() {
    if (!this.dialog.isConnected) { document.body.append(this.dialog); this.dialog.showModal(); }
    prefill(this.part('.choices'), remembered);
    this.state('choosing', null, '', '');
    this.part('[data-begin]').focus({ preventScroll: true });
    this.part('.booth').scrollTop = 0;
  }

  async run() {
    this.detail = { ok: false, code: 'cancelled' };
    this.live = true; this.filming = false; this.turn = (this.turn || 0) + 1;
    const turn = this.turn, current = () => this.live && turn === this.turn;
    this.sequence = 0; this.acknowledged = -1; this.shown = -1; this.sent = []; this.trip = 0;
    clearInterval(this.waiting);
    this.tone.wake();
    this.state('asking', null, this.words.asking, '');
    this.part('.ring').style.strokeDashoffset = 100;
    for (const name of ['[data-again]', '[data-change]']) this.part(name).hidden = true;
    this.part('[data-close]').textContent = this.words.cancel;
    this.part('[data-close]').focus();
    if (!HTMLVideoElement.prototype.requestVideoFrameCallback) return this.refuse('browser-old');
    if (!navigator.mediaDevices) return this.refuse('page-insecure');
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: {
        width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 }, facingMode: 'user' } });
    } catch (error) { if (current()) this.refuse(CAMERA_ERRORS[error.name] || 'no-camera'); return; }
    if (!current()) return stream.getTracks().forEach(track => track.stop());
    this.stream = stream;
    const [track] = stream.getVideoTracks();
    if (/Canvas/.test(track.constructor.name + stream.constructor.name) || VIRTUAL.test(track.label)) return this.refuse('virtual-camera');
    track.addEventListener('ended', () => { if (current()) this.refuse('camera-stopped'); });
    this.video = this.part('video'); this.video.srcObject = stream;
    try { await this.video.play(); } catch { if (current()) this.refuse('camera-busy'); return; }
    if (!current()) return;
    if (remembered.assurance === 'motion+light' && navigator.userActivation?.isActive)   // more light; nice to have
      this.part('.booth').requestFullscreen?.().catch(() => {});
    const socket = this.socket = new WebSocket(`ws://${location.host}/capture/ws`);
    socket.onmessage = event => { if (current()) this.hear(JSON.parse(event.data)); };
    socket.onclose = () => { if (current()) this.refuse('connection-lost'); };
    socket.onopen = () => { socket.send(JSON.stringify(remembered)); this.film(current); };
  }

  /** Send frames, one encoded at a time, as fast as the server takes them. */
  film(current) {
    const scale = Math.min(1, 640 / this.video.videoWidth);
    const canvas = Object.assign(this.part('canvas'), {   // also the still picture that stays under the verdict
      width: Math.round(this.video.videoWidth * scale), height: Math.round(this.video.videoHeight * scale) });
    const pen = canvas.getContext('2d', { alpha: false });
    const encoder = new TextEncoder();
    let busy = false, counted = null;
    this.filming = true; this.slow = false;
    const frame = (now, meta) => {
      if (!current()) return;
      this.video.requestVideoFrameCallback(frame);
      counted = counted || { now, frames: meta.presentedFrames };
      if (now - counted.now >= 2000) {
        this.slow = (meta.presentedFrames - counted.frames) * 1000 < SLOW_CAMERA * (now - counted.now);
        counted = { now, frames: meta.presentedFrames };
      }
      if (busy || this.sequence - 1 - this.acknowledged >= MOST_UNACKNOWLEDGED - (this.trip > LONG_TRIP)) return;
      busy = true;
      const at = (meta.captureTime ?? now) / 1000;
      pen.drawImage(this.video, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(blob => {
        busy = false;
        if (!blob || !current() || this.socket.readyState !== WebSocket.OPEN) return;
        this.sent.push(performance.now());
        const header = encoder.encode(JSON.stringify({ seq: this.sequence++, t: at }));
        const length = new ArrayBuffer(4);
        new DataView(length).setUint32(0, header.length);
        this.socket.send(new Blob([length, header, blob]));
      }, 'image/jpeg', 0.9);
    };
    this.video.requestVideoFrameCallback(frame);
  }

  hear(message) {
    if (message.ack !== undefined) { this.acknowledged = message.ack; this.trip = performance.now() - this.sent[message.ack]; }
    if (message.hint) this.follow(message.hint);
    if (message.state === 'checking') this.state('checking', null, this.words.checking, '');
    if (message.verdict) this.finish(message.verdict);
  }

  /** Show one hint: what is asked, or, while nothing is, what is in the way. */
  follow(hint) {
    const { prompt } = hint, advice = hint.code === prompt.action ? '' : hint.text;
    if (!this.light.paint(prompt.action === 'light' ? prompt.colour : null)) return this.refuse('flashing');
    if (advice && prompt.action === 'centre') this.state('prompting', 'centre', advice, '', hint.code);
    else this.state('prompting', prompt.action, prompt.text, advice || this.aside(hint));
    if (prompt.action === 'dot') this.dot.hear(hint.dot, hint.aim);
    this.part('.ring').style.strokeDashoffset = 100 - 100 * hint.progress;
    this.part('.amount').hidden = hint.amount === null;
    this.part('.amount i').style.width = `${100 * Math.min(1, Math.max(0, hint.amount || 0))}%`;
    this.part('.left').textContent = hint.seconds_left === null ? '' : `${Math.max(0, Math.ceil(hint.seconds_left))} s`;
    if (prompt.index > this.shown) this.report(prompt, this.turn);
  }

  /** What may be said besides, while nothing is in the way. */
  aside({ prompt, amount }) {
    if (prompt.action === 'dot') return this.words.ring;
    return this.slow && !amount ? this.words.slow : '';
  }

  /** Tell the server, on the frames' own clock, when the prompt was on the screen (second frame after the change). */
  async report({ index, action }, turn) {
    this.shown = index;
    await nextPaint();
    const painted = await nextPaint();
    if (!this.live || turn !== this.turn || this.socket.readyState !== WebSocket.OPEN) return;
    if (action === 'dot') this.dot.painted(painted);
    this.socket.send(JSON.stringify({ shown: index, t: painted / 1000 }));
  }

  /** Show `headline` and `hint` with an icon (the action's own unless another is named). */
  state(name, action, headline, hint, sign = action) {
    const { dataset } = this.dialog;
    if (dataset.prompt === 'close-eyes' && action !== 'close-eyes') this.tone.play();   // eyes may open again
    dataset.state = name; dataset.prompt = action || '';
    if (this.part('.icon').dataset.name !== (sign || '')) {
      this.part('.icon').dataset.name = sign || ''; this.part('.icon').innerHTML = sign ? icon(sign) : '';
    }
    for (const [place, words] of [['.prompt', headline], ['.hint', hint]])
      if (this.part(place).textContent !== words) this.part(place).textContent = words;
    if (action !== 'dot') this.dot.stop();
    if (name !== 'prompting') { this.light.paint(null); this.part('.left').textContent = ''; this.part('.amount').hidden = true; }
  }

  refuse(code) { this.finish({ ok: false, code, ...this.words.no[code] }); }

  finish(verdict) {
    this.detail = verdict;
    this.stop();
    if (verdict.ok) {
      this.part('.ring').style.strokeDashoffset = 0;
      this.state('passed', null, this.words.passed, '', 'yes');
      setTimeout(() => this.close(), 1100);
      return;
    }
    const paused = Boolean(verdict.seconds);
    this.state(paused ? 'paused' : 'refused', null, verdict.reason, verdict.remedy, paused ? 'paused' : 'no');
    this.part('[data-change]').hidden = false;
    this.part('[data-close]').textContent = this.words.close;
    if (paused) { this.wait(verdict.seconds); this.part('[data-close]').focus(); }
    else if (verdict.code === 'too-little-to-ask') this.part('[data-change]').focus(); else this.offer();
  }

  offer() { this.part('[data-again]').hidden = false; this.part('[data-again]').focus(); }

  /** Too many tries: show the time left, and offer the next one when it is over. The server counts for itself. */
  wait(seconds) {
    const ends = performance.now() + seconds * 1000;
    const tick = () => {
      const left = Math.ceil((ends - performance.now()) / 1000);
      this.part('.left').textContent = left > 0 ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}` : '';
      if (left <= 0) { clearInterval(this.waiting); this.offer(); }
    };
    this.waiting = setInterval(tick, 500);
    tick();
  }

  stop() {
    this.live = this.filming = false;
    this.light.paint(null); this.dot.stop();
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    if (this.stream) this.stream.getTracks().forEach(track => track.stop());
    if (this.socket) this.socket.close();
    this.stream = this.socket = null;
  }

  close() {
    if (!this.dialog.isConnected) return;
    this.stop();
    clearInterval(this.waiting);
    this.tone.end();
    document.removeEventListener('visibilitychange', this.hide);
    if (this.video) this.video.srcObject = null;
    this.dialog.close(); this.dialog.remove();
    this.button.focus();
    this.done(this.detail);
  }
}
