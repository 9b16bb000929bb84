
"use strict";
(function () {
  var collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  document.querySelectorAll(".controls").forEach(function (controls) {
    var table = controls.nextElementSibling.querySelector("table");
    var body = table.tBodies[0];
    var rows = Array.from(body.rows);
    var input = controls.querySelector("input");
    var output = controls.querySelector("output");
    var texts = rows.map(function (row) { return fold(row.textContent); });

    function fold(text) {
      return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
    }

    function filter() {
      var words = fold(input.value).split(/\s+/).filter(Boolean);
      var count = 0;
      rows.forEach(function (row, i) {
        var fits = words.every(function (word) { return texts[i].includes(word); });
        row.hidden = !fits;
        count += fits ? 1 : 0;
      });
      output.textContent = words.length ? count + " of " + rows.length + " tracks" : rows.length + " tracks";
    }

    function sort(head, column) {
      var down = head.getAttribute("aria-sort") === "ascending";
      var numeric = head.classList.contains("n");
      var keys = new Map(rows.map(function (row) {
        var cell = row.cells[column];
        if (!numeric) return [row, cell.firstChild.textContent];
        return [row, "v" in cell.dataset ? Number(cell.dataset.v) : null];
      }));
      var unknown = function (key) { return key === null || key === "\u2013"; };
      var sorted = rows.slice().sort(function (a, b) {
        var x = keys.get(a), y = keys.get(b);
        if (unknown(x) || unknown(y)) return unknown(x) - unknown(y);
        var order = numeric ? x - y : collator.compare(x, y);
        return down ? -order : order;
      });
      Array.from(table.tHead.rows[0].cells).forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      var fragment = document.createDocumentFragment();
      sorted.forEach(function (row) { fragment.appendChild(row); });
      body.appendChild(fragment);
    }

    Array.from(table.tHead.rows[0].cells).forEach(function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.addEventListener("click", function () { sort(head, column); });
      head.replaceChildren(button);
    });
    input.addEventListener("input", filter);
    input.addEventListener("keydown", function (event) {
      if (event.key === "Escape") { input.value = ""; filter(); }
    });
    document.addEventListener("keydown", function (event) {
      if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
        event.preventDefault();
        input.focus();
      }
    });
    controls.hidden = false;
    filter();
  });
})();
