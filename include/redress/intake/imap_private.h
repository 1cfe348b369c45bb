/* imap_private: what the files of the IMAP session share. Included by daemon/intake/imap_*.c alone.
 */
#ifndef REDRESS_INTAKE_IMAP_PRIVATE_H
#define REDRESS_INTAKE_IMAP_PRIVATE_H

#include <libetpan/libetpan.h>
#include "redress/intake/imap_scan.h"
#include "redress/intake/imap_session.h"

#define RD_IMAP_SHORT_BYTES (1u << 20) /* the answer to a short command */

struct rd_imap {
	mailimap *session;
	struct rd_stream *stream; /* owned */
	struct rd_imap_abilities abilities;
	struct rd_imap_scan scan;
	size_t greeting_given; /* of the bare greeting that libetpan is handed */
	int64_t most_ms;       /* of any command; 0: no such limit */
	bool broken;
	struct rd_err err; /* why the stream failed, for the caller of the command */
	char server[300];
};

/* Starts a command's clocks. */
void rd_imap_begin(struct rd_imap *imap, int64_t deadline_ms, uint64_t max_bytes);
/* Turns libetpan's code into ours; doing: "list the mails". */
RD_MUST_USE enum rd_rc rd_imap_outcome(
	struct rd_imap *imap, int code, const char *doing, struct rd_err *err);

/* The low driver: mailstream_low_new(imap, &rd_imap_driver). */
extern mailstream_low_driver rd_imap_driver;

/* uids rising: neighbours go as one range, so that no UID is named that was not meant. Owned. */
struct mailimap_set *rd_imap_make_set(const uint32_t *uids, size_t n);
void rd_imap_set_cleanup(struct mailimap_set **set);

/* UTF-8 to modified UTF-7 (RFC 3501 5.1.3); out has 5 bytes for each of the input and one more. */
RD_MUST_USE enum rd_rc rd_imap_encode_folder(
	const char *folder, char *out, size_t size, struct rd_err *err);

#endif
