// Files may be dropped anywhere on the page.
import { $ } from "./dom.js";

/** @param {(file: File) => void} take gets the first of the files */
export function onDrop(take) {
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    $("overlay").hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    // Leaving the window, not one element for another.
    if (event.relatedTarget === null) $("overlay").hidden = true;
  });
  document.addEventListener("drop", (event) => {
    $("overlay").hidden = true;
    if (!carriesFiles(event)) return;
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  });
}
