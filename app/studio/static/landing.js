// The small page of a command: the agreement goes first, then the camera check.
import { mount } from '/capture/assets/capture.js';

const form = document.querySelector('form'), problem = form.querySelector('.card.no'), root = document.querySelector('#capture');
let agreed = false;

// Runs before `mount`'s listener: a press without an agreement asks for it first and then presses again.
root.addEventListener('click', async event => {
  const start = event.target.closest('[data-start]');
  if (!start || agreed) return;
  event.preventDefault(); event.stopImmediatePropagation();
  problem.hidden = true;
  try {
    const answer = await fetch('/capture/consent', { method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ myself: form.myself.checked, adult: form.adult.checked }) }).then(reply => reply.json());
    agreed = answer.ok;
    if (agreed) { start.click(); return; }
    problem.textContent = `${answer.reason} ${answer.remedy}`;
  } catch { problem.textContent = JSON.parse(root.querySelector('[data-words]').dataset.words).no['connection-lost'].reason; }
  problem.hidden = false;
});
mount(root, detail => {
  if (detail.ok) { form.hidden = true; document.querySelector('section.yes').hidden = false; return; }
  agreed = false;
  problem.textContent = detail.reason ? `${detail.reason} ${detail.remedy || ''}` : '';
  problem.hidden = !detail.reason;
});
form.addEventListener('submit', event => event.preventDefault());
