// The day: letters say what happened to the session in focus, arrows walk from one to the next. Works without this file.
(() => {
  const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
  const AWAY = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  const stops = () => $$('#day [data-walk]');
  let place = null;

  // One tab stop for the board: what had the focus last, else what stands nearest to now.
  const rove = one => stops().forEach(x => { x.tabIndex = x === one ? 0 : -1; });
  const prepare = () => {
    const all = stops(), kept = place && all.find(x => x.id === place);
    if (all.length) rove(kept || all.find(x => x.matches('[aria-current]')) || $('.nowline ~ li [data-walk]') || all[0]);
  };
  document.addEventListener('focusin', e => { const one = e.target.closest?.('[data-walk]'); if (one) { place = one.id; rove(one); } });

  // The nearest one in the direction of the arrow; a step to the side counts more than one up or down.
  const middle = x => { const b = x.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; };
  const next = (from, [dx, dy]) => {
    const [x, y] = middle(from);
    let best = null, least = Infinity;
    for (const one of stops()) {
      const [ox, oy] = middle(one), along = dx ? (ox - x) * dx : (oy - y) * dy, aside = Math.abs(dx ? oy - y : ox - x);
      if (one === from || along <= 8 || (dy && aside > 40)) continue;
      const far = dx ? along * 4 + aside : along;
      if (far < least) { least = far; best = one; }
    }
    return best;
  };

  const say = (one, status) => {
    const act = $('#act');
    act.setAttribute('action', `/sessions/${one.dataset.session}/status/`);
    act.setAttribute('hx-post', act.getAttribute('action'));
    act.elements.version.value = one.dataset.version;
    act.elements.status.value = status;
    htmx.process(act);
    act.requestSubmit();
  };
  const choose = one => htmx.ajax('GET', one.href.split('#')[0], { target: '#day', swap: 'outerMorph', source: one });

  // What a letter means for a session: the page lists it by the state that the session is in.
  const meant = (one, key) => {
    const said = $('#act')?.getAttribute(`data-${one.dataset.status}`) || '';
    const status = said.split(' ').find(x => x.startsWith(`${key}=`))?.slice(2);
    return status === 'late' && 'late' in one.dataset ? 'not-late' : status;
  };

  document.addEventListener('click', e => {
    const one = e.target.closest?.('.ses');
    if (!one || e.ctrlKey || e.metaKey || e.shiftKey || e.button) return;
    e.preventDefault();
    place = one.id;
    // Where the session's panel is not beside the board, it is brought into sight.
    choose(one).then(() => { if (matchMedia('(max-width: 1240px)').matches) $('#chosen')?.scrollIntoView({ block: 'nearest' }); });
  });
  document.addEventListener('keydown', async e => {
    if (e.ctrlKey || e.metaKey || e.altKey || !e.target.closest?.('#day') || e.target.matches('input, select, textarea')) return;
    const one = e.target.closest('[data-walk]');
    if (one && AWAY[e.key]) { e.preventDefault(); next(one, AWAY[e.key])?.focus(); return; }
    if ('noKeys' in document.body.dataset || e.repeat) return;
    const key = e.key.toLowerCase();
    const session = e.target.closest('.ses') || (e.target.closest('#chosen') && $('.ses[aria-current]'));
    if (key === 'u') $('#undo [data-key=u]')?.click();
    if (!session) return;
    const status = meant(session, key);
    if (status) { e.preventDefault(); return say(session, status); }
    if (key !== 'm' && key !== 'c') return;
    e.preventDefault();
    await choose(session);
    const target = $(key === 'm' ? '#say-move' : '#say-call');
    key === 'm' ? target?.click() : target?.focus();
  });
  document.addEventListener('htmx:after:swap', () => {
    prepare();
    if (place && document.activeElement === document.body) $(`#${CSS.escape(place)}`)?.focus();
  });
  prepare();
  if (/^#s-/.test(location.hash)) $(location.hash)?.focus();
  else if (location.hash === '#now') $('.boardwrap')?.scrollTo(0, ($('.nowline')?.offsetTop || 0) - 200);
})();
