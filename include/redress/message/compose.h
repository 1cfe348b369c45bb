/* compose: our own outgoing mail as the bytes that leave.
 *
 * RFC 5322 with CRLF, text/plain; charset=utf-8, one part, or with `html` multipart/alternative:
 * the text first, the HTML last, which is the one that RFC 2046 section 5.1.4 has shown; headers
 * that are not ASCII as RFC 2047 words; the body as it is where it is ASCII with lines up to 76
 * bytes, else quoted-printable (so no line is ever longer than 78 bytes, and nothing between here
 * and the resident need touch it). Nothing that could end a header early gets in: CR, LF, NUL and
 * other control characters in a header value, a header name that is none, an address with blanks or
 * angles: RD_E_INPUT. The same input gives the same bytes. Sources: RFC 5322, 2045, 2047, 3834
 * section 3.1.
 */
#ifndef REDRESS_MESSAGE_COMPOSE_H
#define REDRESS_MESSAGE_COMPOSE_H

#include <stddef.h>
#include <stdint.h>
#include "redress/base/buf.h"
#include "redress/base/err.h"
#include "redress/message/message.h"

#define RD_COMPOSED_BYTES_MAX	  (256u << 10) /* of one outgoing mail */
#define RD_COMPOSE_REFERENCES_MAX 20	       /* of more the first and the last ones are kept */

struct rd_mail_header {
	const char *name;
	const char *value; /* UTF-8 */
};

struct rd_outgoing_mail {
	struct rd_address from; /* name may be "" */
	const char *to;		/* one address */
	const char *subject;
	const char *message_id; /* without <> */
	int64_t date_ms;	/* written with London's offset */
	const char
		*in_reply_to; /* without <>; NULL or "" for none; one that is unfit is left out */
	const char *const *references; /* oldest first, without <>; unfit ones are left out */
	size_t n_references;
	const char *auto_submitted; /* "auto-replied" or "auto-generated"; NULL for a person's mail.
				     * With it goes X-Auto-Response-Suppress: OOF, AutoReply */
	const char *loop;	    /* X-Loop, "redress/NAME"; NULL for none */
	const struct rd_mail_header *extra; /* further headers, NULL for none */
	size_t n_extra;
	const char *body; /* UTF-8, "\n"; a missing last "\n" is added */
	const char *html; /* the same in HTML, UTF-8; NULL for none */
};

/* Appends to out. Errors: RD_E_INPUT as above, RD_E_RANGE: longer than out's max. */
RD_MUST_USE enum rd_rc rd_compose_mail(
	const struct rd_outgoing_mail *mail, struct rd_buf *out, struct rd_err *err);

/* Can it stand in a To header and a RCPT command? local@domain, no blanks, controls or angles,
 * at most RD_ADDRESS_BYTES_MAX. ASCII alone: sending to others needs SMTPUTF8. */
_Bool rd_address_fit(const char *address);

#endif
