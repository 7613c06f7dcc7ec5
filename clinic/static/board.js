// The day: letters say what happened to the session in focus, arrows walk from one to the next, and a session is moved
// in a dialog, to which dragging it to a gap leads, too. Everything works without this file.
(() => {
  const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
  const AWAY = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  const STOPS = '#day .ses, #day .free', on = (what, work) => document.addEventListener(what, work);
  const dialog = $('#moving');
  let place = null;

  // One tab stop for the board: what had the focus last, else what stands nearest to now.
  const rove = one => $$(STOPS).forEach(x => { x.tabIndex = x === one ? 0 : -1; });
  const prepare = () => {
    const all = $$(STOPS), kept = place && all.find(x => x.id === place);
    if (all.length) rove(kept || all.find(x => x.matches('[aria-current]')) || $('.nowline ~ li a') || all[0]);
  };
  on('focusin', e => { const one = e.target.closest?.(STOPS); if (one) { place = one.id; rove(one); } });

  // The nearest one in the direction of the arrow; a step to the side counts more than one up or down.
  const middle = x => { const b = x.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; };
  const next = (from, [dx, dy]) => {
    const [x, y] = middle(from);
    let best = null, least = Infinity;
    for (const one of $$(STOPS)) {
      const [ox, oy] = middle(one), along = dx ? (ox - x) * dx : (oy - y) * dy, aside = Math.abs(dx ? oy - y : ox - x);
      if (one === from || along <= 8 || (dy && aside > 40)) continue;
      const far = dx ? along * 4 + aside : along;
      if (far < least) { least = far; best = one; }
    }
    return best;
  };

  // What a letter means for a session: the page lists it by the state that the session is in.
  const meant = (one, key) => {
    const state = one.className.match(/state--([a-z-]+)/)[1], said = $('#act').getAttribute(`data-${state}`) || '';
    const status = said.split(' ').find(x => x.startsWith(`${key}=`))?.slice(2);
    return status === 'late' && 'told' in one.dataset ? 'not-late' : status;
  };
  const say = (one, status) => {
    $('#press').value = `${status}/${one.id.slice(2)}/${one.dataset.v}`;
    $('#act').requestSubmit($('#press'));
  };
  const choose = one => {
    place = one.id;
    $('#at').value = one.id.slice(2);
    $$('.ses[aria-current]').forEach(x => x.removeAttribute('aria-current'));
    one.setAttribute('aria-current', 'true');
    return htmx.ajax('GET', one.href.split('#')[0], { target: '#chosen', swap: 'outerHTML', source: '#chosen' });
  };
  const offer = async address => {
    await htmx.ajax('GET', address, { target: '#moving', swap: 'innerHTML', source: '#moving' });
    if (!$('h2', dialog)) return;
    if (!dialog.open) dialog.showModal();
    ($('input:checked', dialog) || $('[data-close]', dialog)).focus();
  };

  on('click', async e => {
    const t = e.target, one = t.closest?.('.ses'), move = t.closest?.('[data-move]');
    if (t.closest?.('[data-close]')) return dialog.close();
    if (!(one || move) || e.ctrlKey || e.metaKey || e.shiftKey || e.button) return;
    e.preventDefault();
    if (move) return offer(move.href);
    if (drag.over) { drag.over = false; return; }
    await choose(one);
    // Where the session's panel is not beside the board, it is brought into sight.
    if (matchMedia('(max-width: 1240px)').matches) $('#chosen')?.scrollIntoView({ block: 'nearest' });
  });
  on('keydown', async e => {
    if (e.key === 'Escape' && drag.one) return drop(false);
    if (e.ctrlKey || e.metaKey || e.altKey || !e.target.closest?.('#day') || e.target.matches('input, select, textarea')) return;
    const one = e.target.closest('.ses, .free');
    if (one && AWAY[e.key]) { e.preventDefault(); next(one, AWAY[e.key])?.focus(); return; }
    if ('noKeys' in document.body.dataset || e.repeat) return;
    const key = e.key.toLowerCase(), inside = e.target.closest('#chosen');
    const session = e.target.closest('.ses') || (inside && $('.ses[aria-current]'));
    if (key === 'u') $('#undo [data-key=u]')?.click();
    if (!session) return;
    const status = meant(session, key);
    if (status) { e.preventDefault(); return say(session, status); }
    if (key !== 'm' && key !== 'c') return;
    e.preventDefault();
    // The first C shows the number, the second one notes that it was called.
    if (key === 'c' && inside) return $('#say-called')?.click();
    await choose(session);
    if (key === 'm') $('#say-move')?.click(); else $('#say-call')?.focus();
  });

  // Dragging: the session goes along with a mouse, and the gap below says from when on it would stand there.
  const drag = { one: null, over: false };
  const clock = (minute, like) => {
    const h = Math.floor(minute / 60), m = String(minute % 60).padStart(2, '0');
    return /[ap]m/.test(like) ? `${h % 12 || 12}:${m} ${h < 12 ? 'am' : 'pm'}` : `${String(h).padStart(2, '0')}:${m}`;
  };
  const rows = x => +x.parentNode.className.match(/\bd(\d+)/)[1];
  const wanted = () => {
    const [, chair, h, m] = drag.gap.id.match(/^g-(\d+)-(\d\d)(\d\d)$/), box = drag.gap.getBoundingClientRect();
    const step = Math.round((drag.one.getBoundingClientRect().top - box.top) / (box.height / rows(drag.gap)));
    return [h * 60 + +m + 5 * Math.max(0, Math.min(step, rows(drag.gap) - rows(drag.one))), chair];
  };
  const drop = async counts => {
    const { one, gap, was } = drag, [minute, chair] = counts && gap ? wanted() : [];
    gap?.classList.remove('over');
    one.classList.remove('dragged');
    one.style.translate = '';
    if (was) $('.t', one).textContent = was;
    Object.assign(drag, { one: null, gap: null, was: null });
    if (minute === undefined) return;
    await choose(one);
    const link = $('#say-move[data-move]');
    if (link) offer(`${link.href}?to=${clock(minute, '')}&chair=${chair}`);
  };
  on('dragstart', e => { if (e.target.closest?.('.ses')) e.preventDefault(); });
  on('pointerdown', e => {
    const one = e.target.closest?.('.state--booked.ses, .state--confirmed.ses'), wrap = $('.boardwrap');
    drag.over = false;
    if (!one || e.button || e.pointerType !== 'mouse' || !('moves' in $('#act').dataset)) return;
    Object.assign(drag, { one, x: e.clientX + wrap.scrollLeft, y: e.clientY + wrap.scrollTop });
  });
  on('pointermove', e => {
    if (!drag.one) return;
    const wrap = $('.boardwrap'), box = wrap.getBoundingClientRect();
    const x = e.clientX + wrap.scrollLeft - drag.x, y = e.clientY + wrap.scrollTop - drag.y;
    if (!drag.was && Math.hypot(x, y) < 6) return;
    drag.was ??= $('.t', drag.one).textContent;
    drag.over = true;
    drag.one.classList.add('dragged');
    drag.one.style.translate = `${x}px ${y}px`;
    wrap.scrollBy(8 * ((e.clientX > box.right - 40) - (e.clientX < box.left + 40)), 8 * ((e.clientY > box.bottom - 30) - (e.clientY < box.top + 60)));
    const gap = document.elementFromPoint(e.clientX, e.clientY)?.closest('.free');
    if (gap !== drag.gap) { drag.gap?.classList.remove('over'); gap?.classList.add('over'); drag.gap = gap; }
    $('.t', drag.one).textContent = gap ? clock(wanted()[0], drag.was) : drag.was;
  });
  on('pointerup', () => { if (drag.one) drop(drag.was); });
  on('pointercancel', () => { if (drag.one) drop(false); });

  // What the page shows grows old when the clinic cannot be reached: that is said once, and politely.
  const stale = $('#stale');
  let fresh = new Date();
  const asks = e => e.detail.ctx?.sourceElement?.matches?.('[data-again], #again');
  const old = e => {
    e.preventDefault();
    e.stopImmediatePropagation();
    const time = fresh.toLocaleTimeString(document.documentElement.lang, { timeZone: stale.dataset.zone, hour: '2-digit', minute: '2-digit', hour12: 'twelve' in stale.dataset });
    const text = stale.dataset.text.replace('00:00', time);
    if (stale.textContent !== text) stale.textContent = text;
  };
  on('htmx:error', e => { if (asks(e)) old(e); });
  on('htmx:before:swap', e => {
    if (asks(e) && e.detail.ctx.response?.status >= 400) return old(e);
    if (drag.was && e.detail.ctx.target?.id === 'day') e.preventDefault();  // not under somebody's hands
  });
  on('htmx:after:request', e => {
    if (!asks(e) || !(e.detail.ctx.response?.status < 400)) return;
    fresh = new Date();
    stale.textContent = '';
  });

  on('htmx:after:swap', e => {
    const { sourceElement, target } = e.detail.ctx;
    if (dialog.contains(sourceElement)) target?.id === 'day' ? dialog.close() : $('input:checked, [data-close]', dialog)?.focus();
    prepare();
    if (place && document.activeElement === document.body) ($(`#${CSS.escape(place)}`) || $('#undo .btn'))?.focus();
  });
  prepare();
  if (/^#s-/.test(location.hash)) $(location.hash)?.focus();
  // The present minute comes into sight inside the board, so that the head of the page stays.
  else if (location.hash === '#now' && $('.nowline') && matchMedia('(min-width: 761px)').matches) addEventListener('load', () => setTimeout(() => {
    $('.boardwrap').scrollTo(0, $('.nowline').offsetTop - 200);
    scrollTo(0, 0);
  }));
})();
