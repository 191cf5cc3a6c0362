// What the dialog of the live check is made of: its icons, its markup, and the form that stands before it.
const FACE = '<circle cx="24" cy="24" r="10"/>';
const ICONS = {
  'centre': '<circle cx="24" cy="24" r="9"/><path d="M24 4v7M24 37v7M4 24h7M37 24h7"/>',
  'turn-left': '<path d="M42 24H8M22 10 8 24l14 14"/>',
  'turn-right': '<path d="M6 24h34M26 10l14 14-14 14"/>',
  'turn': '<path d="M6 24h36M14 15l-9 9 9 9M34 15l9 9-9 9"/>',
  'nod': '<path d="M24 6v36M12 30l12 12 12-12"/>',
  'close-eyes': '<path d="M5 20c9 13 29 13 38 0M11 28l-4 6M24 31v7M37 28l4 6"/>',
  'open-mouth': '<ellipse cx="24" cy="24" rx="11" ry="15"/>',
  'lean-in': `<circle cx="24" cy="24" r="7"/><path d="M13 13 5 5M5 12V5h7M35 13l8-8M36 5h7v7M13 35l-8 8M5 36v7h7M35 35l8 8M43 36v7h-7"/>`,
  'light': '<rect x="5" y="8" width="38" height="26" rx="4"/><path d="M17 42h14M13 26l7-9M23 26l7-9M33 26l2-3"/>',
  'dot': '<path d="M5 36c7-22 14-22 19-8" stroke-dasharray="1 6"/><circle cx="32" cy="20" r="8"/><circle cx="32" cy="20" r="1.5"/>',
  'no-face': `<circle cx="24" cy="24" r="16" stroke-dasharray="7 6"/><path d="M24 17v9M24 32v1"/>`,
  'several-faces': '<circle cx="16" cy="19" r="8"/><path d="M3 41c1-15 25-15 26 0"/><path d="M30 12a8 8 0 1 1 2 15M35 31c6 1 9 4 10 10"/>',
  'go-back': `${FACE}<path d="M4 4l9 9M13 6v7H6M44 4l-9 9M35 6v7h7M4 44l9-9M13 42v-7H6M44 44l-9-9M35 42v-7h7"/>`,
  'centre-yourself': '<ellipse cx="24" cy="24" rx="15" ry="20"/><circle cx="24" cy="24" r="3"/>',
  'more-light': '<circle cx="24" cy="24" r="8"/><path d="M24 4v6M24 38v6M4 24h6M38 24h6M10 10l4 4M34 34l4 4M38 10l-4 4M14 34l-4 4"/>',
  'less-light': '<path d="M33 29A15 15 0 1 1 19 9a13 13 0 0 0 14 20Z"/>',
  'hold-still': '<path d="M17 10v28M31 10v28"/>',
  'again': '<path d="M38 24a14 14 0 1 1-5-10.7M34 5v9h-9"/>',
  'slow-camera': '<circle cx="24" cy="26" r="16"/><path d="M24 17v9l6 5M19 4h10"/>',
  'warning': '<path d="M24 6 4 42h40Z"/><path d="M24 20v10M24 36v1"/>',
  'yes': '<path d="m8 25 11 11 21-24"/>',
  'no': '<path d="M24 12v15M24 35v1"/><circle cx="24" cy="24" r="20"/>',
};
ICONS['come-closer'] = ICONS['lean-in'];
ICONS.paused = ICONS['slow-camera'];
const OVAL = 'M50 2A48 63 0 0 1 50 128A48 63 0 0 1 50 2Z';   // from the top, clockwise

export const icon = name => `<svg viewBox="0 0 48 48" aria-hidden="true">${ICONS[name] || ''}</svg>`;

/** Words come from the server's own table; they are text, and stay text. */
const text = plain => plain.replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`);

export function markup(words) {
  return `<div class="booth">${choices(words)}
    <div class="panel">
      <div class="say"><div class="icon"></div><p class="prompt" role="status" aria-live="assertive" aria-atomic="true"></p>
        <div class="amount" aria-hidden="true"><i></i></div>
        <p class="hint" aria-live="polite"></p></div>
      <div class="oval"><video muted playsinline autoplay aria-label="${text(words.video)}"></video><canvas aria-hidden="true"></canvas>
        <svg viewBox="0 0 100 130" aria-hidden="true"><path class="track" d="${OVAL}"/>
        <path class="ring" d="${OVAL}" pathLength="100"/></svg></div>
      <div class="foot"><p class="left" aria-hidden="true"></p>
        <button type="button" data-again hidden>${text(words.again)}</button>
        <button type="button" data-change hidden>${text(words.change)}</button>
        <button type="button" data-close>${text(words.cancel)}</button></div>
    </div>
    <div class="field" aria-hidden="true"><div class="aim"></div><div class="dot"></div></div></div>`;
}

/** What can you do, and how shall it be seen: asked before the camera is. */
function choices(words) {
  const caution = `<span class="caution">${icon('warning')}<span>${text(words.caution)}</span></span>`;
  const kind = (value, badge = '', more = '') => `<label class="kind"><input type="radio" name="assurance" value="${value}">
    <span class="what"><strong>${text(words.kinds[value].title)}</strong>${badge}<span>${text(words.kinds[value].text)}</span>${more}</span></label>`;
  const can = Object.entries(words.abilities).map(([value, name]) => `<label class="can">${icon(value)}<span>${text(name)}</span>
    <input type="checkbox" role="switch" name="abilities" value="${value}" checked></label>`).join('');
  return `<form class="choices"><h2>${text(words.choose)}</h2>
    <fieldset><legend>${text(words.choose_kind)}</legend>
      ${kind('motion+light', `<em>${text(words.recommended)}</em>`, caution)}${kind('motion')}
      <p class="calm" hidden>${text(words.calm)}</p></fieldset>
    <fieldset><legend>${text(words.choose_can)}</legend><p>${text(words.choose_can_text)}</p><div class="cans">${can}</div></fieldset>
    <div class="go"><button type="submit" data-begin>${text(words.begin)}</button>
      <button type="button" data-leave>${text(words.cancel)}</button></div></form>`;
}

/** The form's answer, as the server takes it. */
export const chosen = form => ({
  assurance: form.assurance.value,
  abilities: [...form.querySelectorAll('[name=abilities]:checked')].map(box => box.value),
});

/** Put an answer back into the form; without one, no flashes for whoever has asked their system for less motion. */
export function prefill(form, choice) {
  const calm = !choice && matchMedia('(prefers-reduced-motion: reduce)').matches;
  form.assurance.value = choice ? choice.assurance : calm ? 'motion' : 'motion+light';
  form.querySelector('.calm').hidden = !calm;
  if (choice) for (const box of form.querySelectorAll('[name=abilities]')) box.checked = choice.abilities.includes(box.value);
}
