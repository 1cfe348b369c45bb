/* html_tags: the bounds of one tag, looked at before libxml2 sees it.
 *
 * libxml2 compares each attribute of a tag with all those before it, and a push parser cannot be
 * stopped inside a tag: 1.5 MB of attributes took it 69 s (measured). Quotes are read as libxml2
 * reads them; should it read some differently, the plainer bound on words still holds.
 */
#ifndef REDRESS_MESSAGE_HTML_TAGS_H
#define REDRESS_MESSAGE_HTML_TAGS_H

#include <stddef.h>

#define RD_TAG_ATTRIBUTES_MAX 256   /* of one tag */
#define RD_TAG_WORDS_MAX      10000 /* of one tag, those inside of values too */

/* How many bytes can be read before a tag that is over a bound; len where none is. Linear. */
size_t rd_html_readable(const char *html, size_t len);

#endif
