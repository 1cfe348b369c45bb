/* mime_scan: one look over the raw bytes of a mail before GMime sees them.
 *
 * Counts what GMime cannot bear and takes it out: header blocks, single headers and numbers of
 * headers beyond their caps, address headers made of nothing but groups, lines that could be
 * boundaries, messages within messages within messages. One linear pass, no allocation but the copy
 * that is made where something had to go. Caps: mime.h. Used by mime.c alone.
 */
#ifndef REDRESS_MESSAGE_MIME_SCAN_H
#define REDRESS_MESSAGE_MIME_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#define RD_SCAN_HEADERS_TOTAL_MAX 10000 /* in all parts together */
#define RD_SCAN_NESTED_MAX	  64	/* messages that begin directly within one another */
#define RD_SCAN_COLONS_MAX	  500 /* in one address header: each opens a group (RFC 5322 3.4) */

struct rd_scanned {
	const char *data; /* what GMime may see: the raw bytes themselves, or copy */
	size_t len;
	char *copy;  /* owned; NULL where nothing had to go */
	bool capped; /* something was left out */
};

void rd_mime_scan(const char *raw, size_t len, struct rd_scanned *ret_scanned);
void rd_scanned_free(struct rd_scanned *scanned); /* for RD_CLEANUP */

#endif
