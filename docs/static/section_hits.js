// Under each result of the search: the sections of that page in which all words occur.
// Sphinx fetches the page of a result for its summary; the sections are found in the same text.
document.addEventListener("DOMContentLoaded", () => {
  if (typeof Search === "undefined") return; // not the page of the search
  const most = 4;
  const summarise = Search.makeSearchSummary;

  const sections = (html, words) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    return [...page.querySelectorAll("article section[id] section[id]")].filter((section) => {
      const own = section.cloneNode(true);
      own.querySelectorAll("section").forEach((inner) => inner.remove());
      const text = own.textContent.toLowerCase();
      return [...words].every((word) => text.includes(word.toLowerCase()));
    });
  };

  Search.makeSearchSummary = (html, words, anchor) => {
    const summary = summarise(html, words, anchor);
    const found = summary && !anchor ? sections(html, words).slice(0, most) : [];
    // the summary hangs in its result only after this call has returned
    setTimeout(() => {
      const result = summary?.closest("li")?.querySelector("a");
      for (const section of result ? found : []) {
        const link = document.createElement("a");
        link.href = result.href.split("#")[0] + "#" + section.id;
        link.textContent = "§ " + section.querySelector("h2, h3, h4").textContent.replace(/[#¶]\s*$/, "");
        link.className = "section-hit";
        summary.append(document.createElement("br"), link);
      }
    });
    return summary;
  };
});
