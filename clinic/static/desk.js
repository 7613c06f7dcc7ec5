// The desk's shortcuts. Everything works as plain forms without this file.
(() => {
  const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
  const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const typing = e => e.target.matches('input:not([type=radio], [type=checkbox]), select, textarea');

  // Availability: dragging paints with the state of the first box; arrows move, Shift and an arrow paint on.
  // One change event at the end of a stroke asks for new plans once.
  let brush = null, place = null;
  const inputs = t => $$('.av input', t), paint = (i, on) => { if (i && i.checked !== on) { i.checked = on; return true; } };
  const told = t => t.dispatchEvent(new Event('change', { bubbles: true }));
  const rove = (all, one) => all.forEach(x => { x.tabIndex = x === one ? 0 : -1; });
  const fill = (t, test) => { inputs(t).forEach(i => { const [d, h] = i.value.split('-').map(Number); paint(i, test(d, h)); }); told(t); };

  document.addEventListener('pointerdown', e => {
    const i = e.button === 0 && e.target.closest?.('.av')?.querySelector('input');
    if (!i) return;
    e.preventDefault();
    brush = { on: !i.checked, table: i.closest('table') };
    paint(i, brush.on); i.focus();
    if (e.target.hasPointerCapture?.(e.pointerId)) e.target.releasePointerCapture(e.pointerId);
  });
  document.addEventListener('pointerover', e => { if (brush) paint(e.target.closest?.('.av')?.querySelector('input'), brush.on); });
  for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => { if (brush) { const t = brush.table; brush = null; told(t); } });

  document.addEventListener('click', e => {
    const t = e.target, b = t.closest?.('button');
    if (t.closest?.('.av') && e.detail) e.preventDefault();  // the pointer has painted already
    if (b?.dataset.fill) {
      e.preventDefault();
      const [from, to] = b.dataset.fill.split('-').map(Number);
      fill($('[data-paint]'), (d, h) => b.dataset.fill === 'any' || (d < 5 && h >= from && h < to));
    }
    if (b?.closest('[data-paint]')) {
      const xs = b.dataset.col ? $$(`input[value^="${b.dataset.col}-"]`, b.closest('table')) : $$('input', b.closest('tr'));
      const on = !xs.every(x => x.checked);
      xs.forEach(x => paint(x, on)); told(b.closest('table'));
    }
    if (b && 'print' in b.dataset) print();
    if (t.dataset && 'select' in t.dataset) t.select();
  });

  // One tab stop for the availability grid and one for each calendar; arrows move inside, closed days are passed over.
  const cell = (t, r, c) => t.tBodies[0].rows[r]?.cells[c]?.querySelector('input, a');
  const walk = (e, t) => {
    const step = STEPS[e.key], td = e.target.closest('td');
    if (!step || !td || e.altKey || e.ctrlKey || e.metaKey) return;
    e.preventDefault();
    let r = td.parentNode.sectionRowIndex, c = td.cellIndex, next = null;
    for (let n = 0; n < 30 && !next; n++) next = cell(t, r += step[0], c += step[1]);
    if (!next) return;
    if (e.shiftKey && next.type === 'checkbox' && paint(next, e.target.checked)) told(t);
    next.focus();
  };
  const prepare = () => {
    $$('[data-paint], .plancal').forEach(t => {
      const all = $$('tbody td input, tbody td a', t);
      if (all.length && !all.some(x => x.tabIndex === 0 && x.dataset.stop)) { all.forEach(x => { x.dataset.stop = 1; }); rove(all, all[0]); }
    });
    // The sentence at a field came by itself; tell the field that it is wrong.
    $$('.err[id^=err-]').forEach(p => $(`#id_${p.id.slice(4)}`)?.setAttribute('aria-invalid', p.textContent.trim() !== ''));
  };
  document.addEventListener('focusin', e => {
    const t = e.target.closest?.('[data-paint], .plancal');
    if (t && e.target.matches('td input, td a')) rove($$('tbody td input, tbody td a', t), e.target);
  });

  document.addEventListener('keydown', e => {
    const t = e.target.closest?.('[data-paint], .plancal');
    if (t) walk(e, t);
    if (e.key === 'Enter' && e.target.matches?.('input[type=radio], input[type=checkbox]') && !e.ctrlKey && e.target.form?.id === 'book') e.preventDefault();
    if (e.ctrlKey && e.key === 'Enter') { e.preventDefault(); $('[data-confirm]')?.click(); }
    if ('noKeys' in document.body.dataset || typing(e) || e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === '/') { e.preventDefault(); const f = $('#find'); f?.focus(); f?.select(); }
    if (e.key === '?' && $('#help')) { e.preventDefault(); showKeys(); }
  });

  // The keys, over the page that somebody is on; without a connection the link leads to the page about them.
  const showKeys = async () => {
    let box = $('#keys');
    try {
      if (!box) {
        const r = await fetch($('#help').href, { headers: { 'HX-Request': 'true' } });
        if (!r.ok || r.headers.get('HX-Redirect')) throw r;
        box = Object.assign(document.createElement('dialog'), { id: 'keys', className: 'dialog', innerHTML: await r.text() });
        box.setAttribute('aria-labelledby', 'keys-h');
        const shut = Object.assign(document.createElement('button'), { className: 'btn', textContent: $('#help').dataset.close, autofocus: true });
        shut.onclick = () => box.close();
        box.append(shut);
        document.body.append(box);
      }
      if (!box.open) box.showModal();
    } catch { location = $('#help').href; }
  };

  // What cannot reach the clinic is said at the top of the page, and nothing that was typed is lost.
  const trouble = $('#trouble');
  const say = why => { if (trouble) { trouble.hidden = !why; $('p', trouble).textContent = why ? trouble.dataset[why] : ''; } };
  const atRest = () => { document.documentElement.classList.remove('busy'); $$('form[data-sent]').forEach(f => delete f.dataset.sent); };
  addEventListener('offline', () => say('offline'));
  addEventListener('online', () => say());
  addEventListener('pageshow', atRest);
  document.addEventListener('htmx:error', e => { if (e.detail.ctx) say(navigator.onLine ? 'broken' : 'offline'); });
  document.addEventListener('htmx:before:swap', e => {
    const { response, text } = e.detail.ctx;
    // A whole page about an error does not belong into a part of this one.
    if (response?.status >= 400 && /<html/i.test(text)) { e.preventDefault(); say('broken'); } else if (response?.status < 400) say();
  });
  document.addEventListener('submit', e => {
    const f = e.target;
    if (e.defaultPrevented || f.method === 'dialog' || f.target) return;
    if (!navigator.onLine) { e.preventDefault(); return say('offline'); }
    if (f.method === 'post' && f.dataset.sent) return e.preventDefault();  // a double click sends once
    f.dataset.sent = 1;
    document.documentElement.classList.add('busy');
    setTimeout(atRest, 15000);  // a file that is downloaded leaves this page standing
  });

  // A plan that improves takes the place of the one that is shown, but never under somebody's hands.
  document.addEventListener('input', e => { const t = e.target.closest?.('[data-gentle]'); if (t) t.dataset.touched = 1; });
  document.addEventListener('htmx:before:swap', e => {
    const t = e.detail.ctx.target;
    if (t?.matches?.('[data-gentle]') && (t.dataset.touched || t.contains(document.activeElement))) e.preventDefault();
  });

  // After a swap: keep the person's place. A session's panel opens beside the day that asked for it.
  document.addEventListener('htmx:after:swap', e => {
    const { ctx } = e.detail, adj = $('#adj');
    prepare();
    if (adj && ctx.target === adj) {
      place = ctx.sourceElement.closest('td')?.id;
      adj.showPopover?.({ source: ctx.sourceElement });
      ($('.alt, button', adj) || adj).focus();
      return;
    }
    const lost = [document.body, $('#main')].includes(document.activeElement) || adj?.contains(document.activeElement);
    if (adj?.matches(':popover-open')) adj.hidePopover();
    if (lost) ((place && $(`#${CSS.escape(place)} a`)) || $('.plan :checked') || $('#prop-h'))?.focus();
    place = null;
  });

  // The search field: what is typed brings a list below it; arrows choose, Enter opens, Escape closes.
  const find = $('#find'), list = $('#found');
  let asked = null, waiting = 0;
  const options = () => $$('[role=option]', list), chosen = () => $('[aria-selected=true]', list);
  const open = on => { list.hidden = !on; find.setAttribute('aria-expanded', on); if (!on) choose(null); };
  const choose = one => {
    options().forEach(o => o.setAttribute('aria-selected', o === one));
    one ? find.setAttribute('aria-activedescendant', one.id) : find.removeAttribute('aria-activedescendant');
    one?.scrollIntoView({ block: 'nearest' });
  };
  const look = async () => {
    asked?.abort();
    if (find.value.trim().length < 2) return open(false);
    asked = new AbortController();
    try {
      const r = await fetch(`${find.form.action}?q=${encodeURIComponent(find.value)}`, { headers: { 'HX-Request': 'true' }, signal: asked.signal });
      const to = r.headers.get('HX-Redirect');
      if (to) location = to;
      if (to || !r.ok) return;
      list.innerHTML = await r.text();
      open(document.activeElement === find);
      const n = options().length;
      $('#status').textContent = n ? list.dataset.says.replace("0", n) : $('.foundhead', list).textContent;
    } catch (e) { if (e.name !== 'AbortError') open(false); }  // without a network Enter still sends the form
  };
  if (find && list) {
    for (const [k, v] of Object.entries({ role: 'combobox', 'aria-autocomplete': 'list', 'aria-controls': 'found', 'aria-expanded': 'false' })) find.setAttribute(k, v);
    find.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(look, 120); });
    find.addEventListener('focus', () => { if (options().length && find.value.trim()) open(true); });
    find.addEventListener('keydown', e => {
      const all = options(), step = STEPS[e.key]?.[0];
      if (e.key === 'Escape' && !list.hidden) { e.preventDefault(); open(false); }
      if (step && all.length) {
        e.preventDefault();
        if (list.hidden) open(true);
        choose(all[(all.indexOf(chosen()) + step + (step < 0 && !chosen() ? 1 : 0) + all.length) % all.length]);
      }
      if (e.key === 'Enter' && chosen()) { e.preventDefault(); chosen().click(); }
    });
    list.addEventListener('pointerdown', e => e.preventDefault());  // the field keeps the focus
    find.addEventListener('blur', () => open(false));
  }

  // How much waits stands beside its link; a page that knows it has written it already. No page is slower for it: it is
  // asked for when somebody first stirs on the page.
  const waits = $('[data-count]'), number = waits && $('.count', waits);
  const count = async () => {
    const r = await fetch(waits.dataset.count, { headers: { 'HX-Request': 'true' } });
    number.textContent = r.ok && !r.headers.get('HX-Redirect') ? await r.text() : '';
    number.hidden = !number.textContent;
  };
  if (number?.hidden) {
    const stirs = ['pointermove', 'pointerdown', 'keydown'];
    const once = () => { stirs.forEach(e => removeEventListener(e, once)); count().catch(() => {}); };
    stirs.forEach(e => addEventListener(e, once));
  }

  prepare();
  $$('.step .opts').forEach(box => { const on = $(':checked', box)?.closest('.opt'); if (on) box.scrollTop = on.offsetTop - box.offsetTop - 30; });
  const at = $('.rail [aria-current]');  // on a phone the bar is longer than the screen
  if (at) at.parentElement.scrollLeft = at.offsetLeft - at.parentElement.clientWidth / 2;
  if (document.activeElement === document.body && !location.hash) $('[data-first]')?.focus();
})();
