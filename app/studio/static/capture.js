// Stage 1 in the browser: camera -> JPEG frames stamped with the page's own clock -> socket; the server pushes prompts.
// The server decides everything; this file shows what it says and reports when it was shown.
const ICONS = {
  'centre': '<circle cx="24" cy="24" r="9"/><path d="M24 4v7M24 37v7M4 24h7M37 24h7"/>',
  'turn-left': '<path d="M42 24H8M22 10 8 24l14 14"/>',
  'turn-right': '<path d="M6 24h34M26 10l14 14-14 14"/>',
  'nod': '<path d="M24 6v36M12 30l12 12 12-12"/>',
  'close-eyes': '<path d="M5 20c9 13 29 13 38 0M11 28l-4 6M24 31v7M37 28l4 6"/>',
  'open-mouth': '<ellipse cx="24" cy="24" rx="11" ry="15"/>',
  'smile': '<circle cx="24" cy="24" r="19"/><path d="M15 27c4 8 14 8 18 0M17 18v2M31 18v2"/>',
  'yes': '<path d="m8 25 11 11 21-24"/>',
  'no': '<path d="M24 12v15M24 35v1"/><circle cx="24" cy="24" r="20"/>',
};
const CAMERA_ERRORS = {
  NotAllowedError: 'camera-refused', SecurityError: 'camera-refused', NotFoundError: 'no-camera',
  OverconstrainedError: 'no-camera', NotReadableError: 'camera-busy', AbortError: 'camera-busy',
};
const OVAL = 'M50 2A48 63 0 0 1 50 128A48 63 0 0 1 50 2Z';   // from the top, clockwise
const MOST_UNACKNOWLEDGED = 3;   // frames on their way at once: the server's pace sets ours

const icon = name => `<svg viewBox="0 0 48 48" aria-hidden="true">${ICONS[name] || ''}</svg>`;
const nextPaint = () => new Promise(resolve => requestAnimationFrame(resolve));

/** Open the dialog for a press on `button`; `root` holds the words, `done(detail)` is called when it has closed. */
export function start(root, button, done) {
  if (!document.querySelector('dialog.capture')) new Check(root, button, done).run();
}

class Check {
  constructor(root, button, done) {
    this.words = JSON.parse(root.querySelector('[data-words]').dataset.words);
    this.button = button; this.done = done; this.detail = { ok: false, code: 'cancelled' };
    this.dialog = document.createElement('dialog');
    this.dialog.className = 'capture';
    this.dialog.setAttribute('aria-label', this.words.title);
    this.dialog.innerHTML = `
      <div class="say"><div class="icon"></div><p class="prompt" role="status" aria-live="assertive" aria-atomic="true"></p>
        <p class="hint" aria-live="polite"></p></div>
      <div class="oval"><video muted playsinline autoplay aria-label="${this.words.video}"></video><canvas aria-hidden="true"></canvas>
        <svg viewBox="0 0 100 130" aria-hidden="true"><path class="track" d="${OVAL}"/>
        <path class="ring" d="${OVAL}" pathLength="100"/></svg></div>
      <div class="foot"><p class="left" aria-hidden="true"></p>
        <button type="button" data-again hidden>${this.words.again}</button>
        <button type="button" data-close>${this.words.cancel}</button></div>`;
    this.part = name => this.dialog.querySelector(name);
    this.part('[data-close]').onclick = () => this.close();
    this.part('[data-again]').onclick = () => this.run();
    this.dialog.addEventListener('cancel', event => { event.preventDefault(); this.close(); });
    this.hide = () => { if (document.hidden && this.live) this.refuse('page-hidden'); };
    document.addEventListener('visibilitychange', this.hide);
  }

  async run() {
    if (!this.dialog.isConnected) { document.body.append(this.dialog); this.dialog.showModal(); }
    this.detail = { ok: false, code: 'cancelled' };
    this.live = true; this.turn = (this.turn || 0) + 1;
    const turn = this.turn, current = () => this.live && turn === this.turn;
    this.sequence = 0; this.acknowledged = -1; this.shown = -1;
    this.state('asking', null, this.words.asking, '');
    this.part('.ring').style.strokeDashoffset = 100;
    this.part('[data-again]').hidden = true; this.part('[data-close]').textContent = this.words.cancel;
    this.part('[data-close]').focus();
    if (!HTMLVideoElement.prototype.requestVideoFrameCallback) return this.refuse('browser-old');
    if (!navigator.mediaDevices) return this.refuse('page-insecure');
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: {
        width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 }, facingMode: 'user' } });
    } catch (error) { return this.refuse(CAMERA_ERRORS[error.name] || 'no-camera'); }
    if (!current()) return stream.getTracks().forEach(track => track.stop());
    this.stream = stream;
    stream.getVideoTracks()[0].addEventListener('ended', () => { if (current()) this.refuse('camera-stopped'); });
    this.video = this.part('video'); this.video.srcObject = stream;
    await this.video.play();
    const socket = this.socket = new WebSocket(`ws://${location.host}/capture/ws`);
    socket.onmessage = event => { if (current()) this.hear(JSON.parse(event.data)); };
    socket.onclose = () => { if (current()) this.refuse('connection-lost'); };
    socket.onopen = () => this.film(current);
  }

  /** Send frames, one encoded at a time, as fast as the server takes them. */
  film(current) {
    const scale = Math.min(1, 640 / this.video.videoWidth);
    const canvas = Object.assign(this.part('canvas'), {   // also the still picture that stays under the verdict
      width: Math.round(this.video.videoWidth * scale), height: Math.round(this.video.videoHeight * scale) });
    const pen = canvas.getContext('2d', { alpha: false });
    const encoder = new TextEncoder();
    let busy = false;
    const frame = (now, meta) => {
      if (!current()) return;
      this.video.requestVideoFrameCallback(frame);
      if (busy || this.sequence - 1 - this.acknowledged >= MOST_UNACKNOWLEDGED) return;
      busy = true;
      const at = (meta.captureTime ?? now) / 1000;
      pen.drawImage(this.video, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(blob => {
        busy = false;
        if (!blob || !current() || this.socket.readyState !== WebSocket.OPEN) return;
        const header = encoder.encode(JSON.stringify({ seq: this.sequence++, t: at }));
        const length = new ArrayBuffer(4);
        new DataView(length).setUint32(0, header.length);
        this.socket.send(new Blob([length, header, blob]));
      }, 'image/jpeg', 0.9);
    };
    this.video.requestVideoFrameCallback(frame);
  }

  hear(message) {
    if (message.ack !== undefined) this.acknowledged = message.ack;
    if (message.hint) this.follow(message.hint);
    if (message.state === 'checking') this.state('checking', null, this.words.checking, '');
    if (message.verdict) this.finish(message.verdict);
  }

  follow(hint) {
    const prompt = hint.prompt;
    const headline = prompt ? prompt.text : hint.text;
    this.state('prompting', prompt && prompt.action, headline, hint.text === headline ? '' : hint.text);
    this.part('.ring').style.strokeDashoffset = 100 - 100 * hint.progress;
    this.part('.left').textContent = hint.seconds_left === null ? '' : `${Math.max(0, Math.ceil(hint.seconds_left))} s`;
    if (prompt && prompt.index > this.shown) this.report(prompt.index, this.turn);
  }

  /** Tell the server, on the frames' own clock, when the prompt was on the screen (second frame after the change). */
  async report(index, turn) {
    this.shown = index;
    await nextPaint();
    const painted = await nextPaint();
    if (this.live && turn === this.turn && this.socket.readyState === WebSocket.OPEN)
      this.socket.send(JSON.stringify({ shown: index, t: painted / 1000 }));
  }

  state(name, action, headline, hint) {
    this.dialog.dataset.state = name; this.dialog.dataset.prompt = action || '';
    if (this.part('.icon').dataset.name !== (action || '')) {
      this.part('.icon').dataset.name = action || ''; this.part('.icon').innerHTML = action ? icon(action) : '';
    }
    for (const [place, text] of [['.prompt', headline], ['.hint', hint]])
      if (this.part(place).textContent !== text) this.part(place).textContent = text;
    if (name !== 'prompting') this.part('.left').textContent = '';
  }

  refuse(code) { this.finish({ ok: false, code, ...this.words.no[code] }); }

  finish(verdict) {
    this.detail = verdict;
    this.stop();
    if (verdict.ok) {
      this.part('.ring').style.strokeDashoffset = 0;
      this.state('passed', null, this.words.passed, '');
      this.part('.icon').innerHTML = icon('yes');
      setTimeout(() => this.close(), 1100);
    } else {
      this.state('refused', null, verdict.reason, verdict.remedy);
      this.part('.icon').innerHTML = icon('no');
      this.part('[data-again]').hidden = false; this.part('[data-again]').focus();
      this.part('[data-close]').textContent = this.words.close;
    }
  }

  stop() {
    this.live = false;
    if (this.stream) this.stream.getTracks().forEach(track => track.stop());
    if (this.socket) this.socket.close();
    this.stream = this.socket = null;
  }

  close() {
    if (!this.dialog.isConnected) return;
    this.stop();
    document.removeEventListener('visibilitychange', this.hide);
    if (this.video) this.video.srcObject = null;
    this.dialog.close(); this.dialog.remove();
    this.button.focus();
    this.done(this.detail);
  }
}
