// A translation comes under its message without a new page; without this script the page comes anew.
"use strict";
document.getElementById("translate")?.addEventListener("submit", async (event) => {
  const button = event.submitter, form = event.target;
  if (!button) return;
  event.preventDefault();
  button.disabled = true;
  const row = document.getElementById(`m-${button.value}`);
  const body = new URLSearchParams({ mark: form.elements.mark.value, message: button.value });
  try {
    const answer = await fetch(form.action, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector(`#m-${button.value} .translation`) ?? page.querySelector("[role=alert]");
    if (!found) throw new Error("no translation");
    for (const old of row.querySelectorAll("[role=alert]")) old.remove();
    row.append(found);
    if (found.classList.contains("translation")) { button.closest(".more").remove(); found.focus(); }
  } catch { form.submit(); } finally { button.disabled = false; } // the house says what is wrong on a page of its own
});
