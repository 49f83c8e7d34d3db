// The quantity stepper of the product page.

for (const button of document.querySelectorAll("[data-step]")) {
  button.addEventListener("click", () => {
    const input = button.parentElement.querySelector("input");
    input.value = Math.max(1, Math.min(20, (Number(input.value) || 1) + Number(button.dataset.step)));
  });
}
