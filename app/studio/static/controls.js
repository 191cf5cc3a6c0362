// What the controls of Play say now, for previews and for the mirror.
const SLIDERS = ['smile', 'mouth', 'brows', 'eyes', 'gaze', 'gaze_up', 'tilt', 'turn'];

const number = id => { const input = document.querySelector(`#${id} input[type=range]`); return input ? Number(input.value) : null; };
const picked = id => document.querySelector(`#${id} input:checked`)?.value ?? null;

export function settings() {
  const parts = [...document.querySelectorAll('#parts input:checked')].map(box => box.value === 'on' ? box.name : box.value);
  const said = { action: picked('action'), amount: number('amount'), parts, years: number('years'), ready: picked('faces') };
  for (const name of SLIDERS) said[name] = number(`slider-${name}`);
  return said;
}
