// Narrowing and sorting a listing without a round trip.

const form = document.querySelector("[data-shop-sift]");
const grid = document.querySelector("[data-shop-goods]");
const count = document.querySelector("[data-shop-sift-count]");

if (form && grid) {
  const cells = [...grid.children];
  const sift = () => {
    const wanted = [...form.querySelectorAll("input:checked")].map((box) => box.value);
    const sign = { up: 1, down: -1 }[form.elements.sort.value];
    for (const cell of cells) cell.hidden = !wanted.every((tag) => cell.dataset.tags.split(" ").includes(tag));
    grid.append(...(sign ? [...cells].sort((a, b) => sign * (a.dataset.price - b.dataset.price)) : cells));
    const shown = cells.filter((cell) => !cell.hidden).length;
    count.textContent = shown === 1 ? "1 product" : `${shown} products`;
  };
  form.addEventListener("change", sift);
  form.addEventListener("submit", (event) => event.preventDefault());
  // The browser may bring back ticked boxes with the back button.
  if (form.querySelector("input:checked") || form.elements.sort.value) sift();
}
