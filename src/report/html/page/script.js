"use strict";
// Sorting: the titles of a sortable table become buttons. Numbers begin with the largest, words with the first.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const titles = [...table.tHead.rows[0].cells];
  const value = (row, at) => {
    const number = row.cells[at].dataset.value;
    return number === undefined ? row.cells[at].textContent.trim() : Number(number);
  };
  titles.forEach((title, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = title.textContent;
    title.replaceChildren(button);
    button.addEventListener("click", () => {
      const numbers = title !== titles[1] && body.rows[0]?.cells[at].dataset.value !== undefined && at > 1;
      const first = numbers ? "descending" : "ascending";
      const second = numbers ? "ascending" : "descending";
      const order = title.getAttribute("aria-sort") === first ? second : first;
      titles.forEach((other) => other.removeAttribute("aria-sort"));
      title.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const compare = (one, other) => (typeof one === "number" ? one - other : one.localeCompare(other));
      const rows = [...body.rows].sort((one, other) => sign * compare(value(one, at), value(other, at)));
      body.append(...rows);
    });
  });
}
// Paper shows what is folded.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  folded.forEach((details) => (details.open = true));
});
addEventListener("afterprint", () => folded.forEach((details) => (details.open = false)));
