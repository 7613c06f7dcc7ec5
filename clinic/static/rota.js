// Painting the rota: choose hours, then drag over cells. Without this file the cells are typed, and nothing is missing.
(() => {
  const table = document.querySelector('[data-rota]'), brushes = document.querySelector('[data-brushes]');
  if (!table || !brushes) return;
  const CELL = '.input';
  const cells = [...table.querySelectorAll(CELL)], brush = () => brushes.querySelector(':checked').value;
  let isDown = false;

  for (const hours of new Set(cells.map(i => i.value.trim()).filter(Boolean))) {
    const label = brushes.lastElementChild.cloneNode(true);
    label.querySelector('input').value = hours;
    label.querySelector('span').textContent = hours;
    brushes.append(label);
  }
  brushes.hidden = false;
  brushes.addEventListener('change', () => table.classList.toggle('is-painting', brush() !== ''));

  const paint = i => { if (i?.matches?.(CELL) && brush() !== '') i.value = brush() === '-' ? '' : brush(); };
  table.addEventListener('pointerdown', e => {
    if (e.button || brush() === '' || !e.target.matches(CELL)) return;
    e.preventDefault();
    isDown = true;
    if (e.target.hasPointerCapture?.(e.pointerId)) e.target.releasePointerCapture(e.pointerId);
    paint(e.target);
  });
  table.addEventListener('pointerover', e => { if (isDown) paint(e.target); });
  for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => { isDown = false; });

  table.addEventListener('keydown', e => {
    if (!e.target.matches(CELL)) return;
    const td = e.target.closest('td'), tr = td.parentNode;
    const row = { ArrowUp: tr.previousElementSibling, ArrowDown: tr.nextElementSibling }[e.key];
    if (row && !e.altKey) { e.preventDefault(); row.cells[td.cellIndex].querySelector(CELL).focus(); }
    if (e.key === 'Enter' && e.ctrlKey) {
      e.preventDefault();
      e.stopPropagation();
      for (const next of [...tr.cells].slice(td.cellIndex + 1)) if (!next.matches('.shut')) next.querySelector(CELL).value = e.target.value;
    }
  });
})();
