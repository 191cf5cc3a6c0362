// The small page of a command: the agreement goes first, then the camera check.
import { start } from '/capture/assets/capture.js';

const form = document.querySelector('form'), problem = form.querySelector('.card.no'), root = document.querySelector('#capture');

function say(text) { problem.textContent = text; problem.hidden = !text; }

function done(detail) {
  if (detail.ok) { form.hidden = true; document.querySelector('section.yes').hidden = false; return; }
  say(detail.reason ? `${detail.reason} ${detail.remedy || ''}` : '');
}

root.addEventListener('click', async event => {
  const button = event.target.closest('[data-start]');
  if (!button) return;
  say('');
  try {
    const answer = await fetch('/capture/consent', { method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ myself: form.myself.checked, adult: form.adult.checked }) }).then(reply => reply.json());
    if (answer.ok) start(root, button, done); else say(`${answer.reason} ${answer.remedy}`);
  } catch { say(JSON.parse(root.querySelector('[data-words]').dataset.words).no['connection-lost'].reason); }
});
form.addEventListener('submit', event => event.preventDefault());
