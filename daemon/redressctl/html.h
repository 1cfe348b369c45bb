/* html: a page that a browser shows offline: style inside, no script, nothing from elsewhere.
 *
 * The page's policy forbids everything but its own style and files beside it, so that no word of a
 * stranger's in it can fetch or run anything; all words go through rd_html_words besides. It reads
 * on paper too.
 */
#ifndef REDRESS_REDRESSCTL_HTML_H
#define REDRESS_REDRESSCTL_HTML_H

#include <stdio.h>

void rd_html_begin(FILE *out, const char *title);
void rd_html_end(FILE *out);
/* Words that somebody wrote, of any bytes: shown as they are, never taken for markup. */
void rd_html_words(FILE *out, const char *words);
void rd_html_words_len(FILE *out, const char *words, size_t len);
/* `<TAG>words</TAG>`; tag may carry attributes of ours: "td class=\"n\"". */
void rd_html_element(FILE *out, const char *tag, const char *words);

#endif
