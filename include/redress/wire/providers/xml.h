/* xml: the little XML that a provider speaks, taken apart without recursion.
 *
 * An element becomes an item when it ends, its attributes when it begins: path "messageheaders/
 * messageheader/from/phonenumber", attributes "messageheaders/messageheader@id". Prefixes of names
 * are left out. The five named entities, character references and CDATA are known; references to
 * two halves of a surrogate pair are one character, to one half, and NUL, U+FFFD. A document type
 * is refused, and with it everything that could be declared or fetched.
 */
#ifndef REDRESS_WIRE_PROVIDERS_XML_H
#define REDRESS_WIRE_PROVIDERS_XML_H

#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"

#define RD_XML_DEPTH_MAX 16
#define RD_XML_ITEMS_MAX 10000
#define RD_XML_PATH_MAX	 256

struct rd_xml_item {
	const char *path;
	const char *value; /* of an element the text directly in it, blanks at both ends left out */
	size_t len;
};

struct rd_xml {
	const struct rd_xml_item *items;
	size_t n_items;
};

/* Arena: everything. RD_E_INPUT: not such XML; RD_E_RANGE: beyond a maximum. */
RD_MUST_USE enum rd_rc rd_xml_read(const char *text, size_t len, struct rd_arena *arena,
	struct rd_xml *ret_xml, struct rd_err *err);
/* The value of the first item of that path, "" where there is none. */
const char *rd_xml_value(const struct rd_xml *xml, const char *path);
/* Text with & < > " and ' written as entities; characters that XML 1.0 cannot hold left out. */
const char *rd_xml_escape(struct rd_arena *arena, const char *text);

#endif
