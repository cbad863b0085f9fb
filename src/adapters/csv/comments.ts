/**
 * Empties the comment lines of a CSV text that comes in pieces, and leaves their line ends, so that a comment may hold
 * whatever it likes, a lone quote too, and every row keeps its line. A `#` inside a quoted field begins no comment.
 */
export class CommentLines {
  #inQuotes = false;
  #inComment = false;
  #atRecordStart = true;

  empty(text: string): string {
    let kept = '';
    let keptUpTo = 0;
    for (let i = 0; i < text.length; i++) {
      const character = text[i];
      const isLineEnd = character === '\n' || character === '\r';
      if (this.#inComment) {
        if (!isLineEnd) continue;
        this.#inComment = false;
        keptUpTo = i;
      } else if (this.#atRecordStart && character === '#') {
        this.#inComment = true;
        kept += text.slice(keptUpTo, i);
        continue;
      }
      // A doubled quote inside a field closes it and opens it again, which comes to the same.
      if (character === '"') this.#inQuotes = !this.#inQuotes;
      this.#atRecordStart = isLineEnd && !this.#inQuotes;
    }
    return this.#inComment ? kept : kept + text.slice(keptUpTo);
  }
}
