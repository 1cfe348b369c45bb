/* imap_scan: looks at every byte of an IMAP server before libetpan's parser may.
 *
 * libetpan 1.9.4 has no limits and known crashes: it allocates whatever a literal announces (and
 * takes 4294967306 for 10), recurses once a bracket, reads a `* BYE` inside a command as something
 * else, and dies of a `[PERMANENTFLAGS ()` whose bracket does not close, of an odd NAMESPACE and of
 * any BADCHARSET. So each chunk received goes through here first, and a chunk that breaks a rule is
 * never handed on:
 *   - a line with its literals left out has at most RD_IMAP_LINE_MAX bytes;
 *   - a literal has at most literal_max bytes, its number at most ten digits, and it stands in a
 *     FETCH: libetpan reads `{5}` in the words of any other answer as words, so that a line behind
 *     it would be skipped here and read there;
 *   - brackets nest at most RD_IMAP_DEPTH_MAX deep;
 *   - a BYE ends the session here, with the server's words as the reason;
 *   - a PERMANENTFLAGS is whole; a NAMESPACE or a BADCHARSET has no place in any answer.
 * RFC 3501 4.3 (literals), 7.1.5 (BYE), 9 (formal syntax). Pure: no I/O.
 */
#ifndef REDRESS_INTAKE_IMAP_SCAN_H
#define REDRESS_INTAKE_IMAP_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include "redress/base/err.h"

#define RD_IMAP_LINE_MAX  (64u << 10)
#define RD_IMAP_DEPTH_MAX 20

struct rd_imap_scan {
	uint64_t literal_max;
	uint64_t literal_left; /* bytes of the running literal still to come */
	uint64_t number;       /* of the `{number}` being read */
	unsigned digits;
	int state;
	unsigned depth;
	size_t line_bytes;
	size_t head_len;
	char head[RD_IMAP_LINE_MAX + 1]; /* the line so far, without its literals */
};

void rd_imap_scan_init(struct rd_imap_scan *scan, uint64_t literal_max);

/* RD_E_RANGE or RD_E_INPUT at the first broken rule; RD_E_AGAIN for a BYE. After a failure the
 * connection is to be dropped. */
RD_MUST_USE enum rd_rc rd_imap_scan_feed(
	struct rd_imap_scan *scan, const void *data, size_t len, struct rd_err *err);

/* The server's words made fit for a sentence of ours: printable ASCII, at most size - 1 bytes. */
void rd_imap_words(const char *text, char *out, size_t size);

#endif
