/* mime_report: what a multipart/report holds behind its words for people: the fields of a delivery
 * status (RFC 3464, 6533), of a receipt (RFC 8098) or of a complaint of abuse (RFC 5965), and the
 * mail that it is about, whole or its headers alone (RFC 6522).
 *
 * The type parameter and the part that stands there are believed alike: some servers write only
 * one of them. Used by mime_parts.c and mime.c.
 */
#ifndef REDRESS_MESSAGE_MIME_REPORT_H
#define REDRESS_MESSAGE_MIME_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <gmime/gmime.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/message/message.h"

struct rd_mime_report {
	bool delivery_report, read_receipt, abuse_report;
	const char **ids; /* Message-IDs of the mail that it is about; RD_REPORT_IDS_MAX at most */
	size_t n_ids;
	const char *fields; /* decoded, of the first part that has any; NULL: none */
	size_t fields_len;
	const char *subject; /* of the mail that it is about, decoded; "" */
};

/* NULL: the arena is full. */
struct rd_mime_report *rd_mime_report_new(struct rd_arena *arena);
/* The multipart's report-type. */
void rd_mime_report_type(struct rd_mime_report *report, const char *type);
/* A part behind the first of a report, or a text/rfc822-headers part. */
void rd_mime_report_part(
	struct rd_mime_report *report, GMimeObject *object, struct rd_arena *arena);
/* Puts all of it into the message, once its headers and its text are there. own_len: of the text
 * the mail's own. failed: X-Failed-Recipients, "" none. */
RD_MUST_USE enum rd_rc rd_mime_report_finish(const struct rd_mime_report *report,
	struct rd_message *message, size_t own_len, const char *failed, struct rd_arena *arena,
	struct rd_err *err);

/* Message-IDs that a text names in lines "Message-ID: <...>" (or another header's name), without
 * <>; at most max, appended to ids[*n]. */
void rd_named_ids(const char *text, size_t len, const char *header, struct rd_arena *arena,
	const char **ids, size_t *n, size_t max);

#endif
