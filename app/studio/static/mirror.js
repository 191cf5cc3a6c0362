// The mirror in the browser: camera -> JPEG frames -> socket -> stamped frames -> canvas. Only what came over the socket
// is ever drawn: the camera's own picture is sent, never shown. The server decides what is seen and says why not.
import { settings } from '/capture/assets/controls.js';

import { CAMERA_ERRORS, VIRTUAL } from '/capture/assets/capture.js';

const WIDEST = 640;        // pixels across that are sent
const QUALITY = 0.9;
const MOST_UNANSWERED = 3; // frames on their way at once: the server's pace sets ours
const SETTLED = 80;        // milliseconds between two reports of what the controls say
const MOST_SECONDS = 60;   // of a recording; the server counts for itself

class Mirror {
  constructor(root) {
    this.root = root; this.words = JSON.parse(root.dataset.words);
    this.part = name => root.querySelector(name);
    this.canvas = this.part('canvas'); this.pen = this.canvas.getContext('2d', { alpha: false });
    this.live = true; this.sequence = 0; this.answered = -1; this.drawn = -1; this.blanked = -1; this.since = 0;
    this.times = []; this.filmUntil = null;
    this.hide = () => { if (document.hidden && !this.making) this.refuse('mirror-hidden'); };
    this.changed = () => { clearTimeout(this.soon); this.soon = setTimeout(() => this.say({ settings: settings() }), SETTLED); };
  }

  async open() {
    this.part('.invite').hidden = true; this.part('.open').hidden = false; this.root.classList.add('live');
    this.heard('');
    this.part('.glass').hidden = false; this.part('.making').hidden = true;
    this.state('asking', this.words.asking, '');
    const { top, bottom } = this.part('.glass').getBoundingClientRect();   // on a small screen the page has just moved
    if (top < 0 || bottom > innerHeight) this.part('.glass').scrollIntoView({ block: 'start', behavior: 'instant' });
    this.part('[data-mirror=close]').focus({ preventScroll: true });
    if (!HTMLVideoElement.prototype.requestVideoFrameCallback) return this.refuse('browser-old');
    if (!navigator.mediaDevices) return this.refuse('page-insecure');
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: {
        width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 }, facingMode: 'user' } });
    } catch (error) { if (this.live) this.refuse(CAMERA_ERRORS[error.name] || 'no-camera'); return; }
    if (!this.live) return stream.getTracks().forEach(track => track.stop());
    this.stream = stream;
    const [track] = stream.getVideoTracks();
    if (/Canvas/.test(track.constructor.name + stream.constructor.name) || VIRTUAL.test(track.label)) return this.refuse('virtual-camera');
    track.addEventListener('ended', () => { if (this.live && !this.making) this.refuse('camera-stopped'); });
    // in the page and in sight, for browsers tell of the frames of nothing else; a speck nobody sees
    this.video = Object.assign(document.createElement('video'), { className: 'eye', muted: true, playsInline: true, srcObject: stream });
    this.video.setAttribute('aria-hidden', 'true');
    this.part('.open').append(this.video);
    try { await this.video.play(); } catch { if (this.live) this.refuse('camera-busy'); return; }
    if (!this.live) return;
    const socket = this.socket = new WebSocket(`ws://${location.host}/mirror/ws`);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = event => { if (this.live) (typeof event.data === 'string' ? this.hear(JSON.parse(event.data)) : this.show(event.data)); };
    socket.onclose = () => { if (this.live) this.refuse('connection-lost'); };
    socket.onopen = () => this.begin();
    this.state('waiting', this.words.waiting, '');
  }

  begin() {
    document.addEventListener('visibilitychange', this.hide);
    for (const name of ['input', 'change']) document.querySelector('#controls').addEventListener(name, this.changed);
    this.watcher = new MutationObserver(this.changed);   // another picture to take the face from
    this.watcher.observe(document.querySelector('#source'), { childList: true, subtree: true });
    this.say({ settings: settings() });
    this.film();
  }

  /** Send frames, one encoded at a time, as fast as the server answers them. */
  film() {
    const scale = Math.min(1, WIDEST / this.video.videoWidth);
    const canvas = Object.assign(document.createElement('canvas'), {
      width: Math.round(this.video.videoWidth * scale), height: Math.round(this.video.videoHeight * scale) });
    this.canvas.width = canvas.width; this.canvas.height = canvas.height;
    const pen = canvas.getContext('2d', { alpha: false }), encoder = new TextEncoder();
    let busy = false, last = -1;
    const frame = (now, meta) => {
      if (!this.live || this.making) return;
      this.video.requestVideoFrameCallback(frame);
      const at = (meta.captureTime ?? now) / 1000;
      if (busy || at <= last || this.sequence - 1 - this.answered >= MOST_UNANSWERED) return;
      busy = true; last = at;
      pen.drawImage(this.video, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(blob => {
        busy = false;
        if (!blob || !this.live || this.making || this.socket.readyState !== WebSocket.OPEN) return;
        const header = encoder.encode(JSON.stringify({ seq: this.sequence++, t: at })), length = new ArrayBuffer(4);
        new DataView(length).setUint32(0, header.length);
        this.socket.send(new Blob([length, header, blob]));
      }, 'image/jpeg', QUALITY);
    };
    this.video.requestVideoFrameCallback(frame);
  }

  say(message) { if (this.live && this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message)); }

  /** One stamped frame. */
  async show(data) {
    const length = new DataView(data).getUint32(0);
    const { seq } = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
    this.answered = Math.max(this.answered, seq);
    const picture = await createImageBitmap(new Blob([new Uint8Array(data, 4 + length)], { type: 'image/jpeg' }));
    if (this.live && !this.making && seq > this.drawn && seq > this.blanked) {
      this.drawn = seq;
      this.pen.drawImage(picture, 0, 0, this.canvas.width, this.canvas.height);
      this.state('showing', '', '');
      this.pace();
    }
    picture.close();
  }

  hear({ blank, said, picture, recording, making, film, end }) {
    if (blank) {
      this.answered = Math.max(this.answered, blank.seq); this.blanked = blank.seq;
      this.state('blank', blank.reason, blank.remedy);
    }
    if (said) this.heard(`${said.reason} ${said.remedy}`);
    if (picture) this.took(picture);
    if (recording !== undefined) this.record(recording);
    if (making && this.making) this.far(making);
    if (film) { this.stop(); this.finish(this.words.made, ''); }
    if (end) { this.stop(); this.finish(end.reason, end.remedy); }
  }

  /** The picture, or in its place what is in the way. Nothing of the last picture stays behind the words. */
  state(name, why, what) {
    if (name !== 'showing') this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (this.root.dataset.state !== name) this.root.dataset.state = name;
    for (const [place, words] of [['.why', why], ['.what', what]])
      if (this.part(place).textContent !== words) this.part(place).textContent = words;
    this.buttons();
  }

  buttons() {
    const showing = this.root.dataset.state === 'showing', record = this.part('[data-mirror=record]');
    this.part('[data-mirror=snap]').disabled = !showing;
    this.part('[data-mirror=snap]').hidden = Boolean(this.making);
    this.part('[data-mirror=cancel]').hidden = !this.making;
    if (!record) return;
    const on = this.filmUntil !== null, words = on ? this.words.finish : this.words.record;
    record.hidden = Boolean(this.making);
    record.disabled = !on && !showing;
    if (record.textContent !== words) record.textContent = words;
    record.setAttribute('aria-pressed', String(on));
  }

  heard(words) { this.part('[data-heard]').textContent = words; }

  took({ key, name }) {
    const count = this.root.querySelectorAll('.taken li').length + 1;
    const link = Object.assign(document.createElement('a'), { href: `/studio/result/${key}?save=1`, download: name });
    link.append(Object.assign(new Image(), { src: `/studio/result/${key}`, alt: this.words.one.replace('{number}', count) }));
    const item = document.createElement('li');
    item.append(link);
    this.part('.taken ul').prepend(item); this.part('.taken').hidden = false;
    this.heard(this.words.took.replace('{number}', count));
  }

  record(on) {
    clearInterval(this.clock);
    const light = this.part('.rec');
    light.hidden = !on;
    this.filmUntil = on ? performance.now() + 1000 * MOST_SECONDS : null;
    const tick = () => { light.textContent = this.words.left.replace('{seconds}', Math.max(0, Math.ceil((this.filmUntil - performance.now()) / 1000))); };
    if (on) { tick(); this.clock = setInterval(tick, 500); }
    else {   // the camera is needed no more
      this.making = true;
      this.release();
      this.part('.glass').hidden = true; this.part('.making').hidden = false;
      this.part('.doing').textContent = this.words.making; this.heard(this.words.making);
      this.far({ share: 0, seconds: null });
    }
    this.buttons();
  }

  far({ share, seconds }) {
    this.part('progress').value = share;
    const words = seconds === null ? this.words.share : this.words.share_left;
    this.part('.far').textContent = words.replace('{percent}', Math.floor(100 * share)).replace('{seconds}', Math.ceil(seconds));
  }

  /** Pictures a second, over the last two. */
  pace() {
    const now = performance.now();
    this.times.push(now);
    while (this.times[0] < now - 2000) this.times.shift();
    if (now - this.since < 1000) return;
    this.since = now;
    this.part('[data-rate]').textContent = this.words.rate.replace('{rate}', Math.round(this.times.length / 2));
  }

  refuse(code) { const { reason, remedy } = this.words.no[code]; this.stop(); this.finish(reason, remedy); }

  release() {
    if (this.stream) this.stream.getTracks().forEach(track => track.stop());
    if (this.video) { this.video.srcObject = null; this.video.remove(); }
    this.stream = this.video = null;
  }

  stop() {
    this.live = false; this.making = false; this.filmUntil = null;
    clearInterval(this.clock); clearTimeout(this.soon);
    this.watcher?.disconnect();
    document.removeEventListener('visibilitychange', this.hide);
    for (const name of ['input', 'change']) document.querySelector('#controls')?.removeEventListener(name, this.changed);
    this.release();
    if (this.socket) this.socket.close();
    this.socket = null;
  }

  /** Over: the invitation again, with the reason, and the page drawn anew with what was taken. */
  finish(why, what) {
    this.state('over', why, what);
    this.part('.rec').hidden = this.part('.making').hidden = true;
    this.part('.glass').hidden = false;
    this.root.classList.remove('live');
    this.part('.open').hidden = true; this.part('.invite').hidden = false;
    this.part('.ended').textContent = [why, what].filter(Boolean).join(' ');
    this.part('[data-mirror=open]').focus({ preventScroll: true });
    open = null;
    this.root.dispatchEvent(new CustomEvent('studio', { bubbles: true, detail: { do: 'mirrored' } }));
  }
}

let open = null;
document.addEventListener('click', event => {
  const button = event.target.closest?.('[data-mirror]');
  if (!button || button.disabled) return;
  switch (button.dataset.mirror) {
    case 'open': if (!open) { open = new Mirror(button.closest('.mirror')); open.part('.ended').textContent = ''; open.open(); } break;
    case 'close': if (open) { open.stop(); open.finish('', ''); } break;
    case 'snap': open?.say({ snap: true }); break;
    case 'record': open?.say({ record: open.filmUntil === null }); break;
    case 'cancel': open?.say({ cancel: true }); break;
  }
});
new MutationObserver(() => {   // the page was drawn without it: the session is over
  if (open && !open.root.isConnected) { open.stop(); open = null; }
}).observe(document.documentElement, { childList: true, subtree: true });
