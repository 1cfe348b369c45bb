/* mime: the raw bytes of a mail -> struct rd_message.
 *
 * GMime 3 does the reading, behind caps that keep its known weak places out of reach (a group list
 * of 40,000 levels overflows its stack; a megabyte of boundary lines costs it hundreds): a pre-scan
 * in one linear pass over the raw bytes, and a walk over the parts with a stack of our own. A mail
 * beyond a cap is never refused: what lies beyond it is left out, and trouble.too_many_parts sends
 * the mail to a person. What GMime cannot read at all is taken as text as it stands
 * (trouble.unparseable).
 *
 * The text that is read: in multipart/alternative the text/plain part, unless it is empty or a mere
 * "view this in your browser" and the HTML part says more; every text part that is no attachment,
 * one after the other; behind them the texts of attached mails, each below its header and FORWARDED
 * (not of what a mail server returns, nor of a mail within an attached one). Charsets: as declared;
 * where undeclared, unknown or untrue UTF-8 if the bytes are valid UTF-8, else windows-1252.
 * format=flowed and DelSp (RFC 3676) are undone. Of a multipart/alternative only the branch that is
 * read counts: the others say the same and are not listed as parts. Sources: RFC 2045-2047, 2231,
 * 3462, 3464, 3676, 3834, 5230, 5322, 8098.
 *
 * Pure but for rd_mime_init. Safe in any number of threads after it. Needs 2 MiB of stack.
 */
#ifndef REDRESS_MESSAGE_MIME_H
#define REDRESS_MESSAGE_MIME_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/message/message.h"

#define RD_MIME_HEAD_BYTES_MAX	 (128u << 10) /* the mail's own header block */
#define RD_MIME_HEADER_BYTES_MAX (32u << 10)  /* one header, unfolded */
#define RD_MIME_HEADERS_MAX	 1000
#define RD_MIME_BOUNDARIES_MAX	 1000 /* lines that begin with "--" and could be a boundary */
#define RD_MIME_TO_MAX		 200  /* addresses kept of To and Cc */
#define RD_REPORT_IDS_MAX	 10

/* An arena that holds whatever rd_mime_parse makes of any mail (raw bytes not counted). */
#define RD_MIME_ARENA_BYTES (48u << 20)

/* Once a process, before threads start and before it is sealed: starts GMime and opens the charset
 * converters that mail needs, for good (after sealing iconv_open finds no more). Calling it again
 * does nothing. */
void rd_mime_init(void);

/* raw: borrowed for the call. cut: only the beginning of the mail is stored. Fails with RD_E_RANGE
 * alone, when the arena is too small. */
RD_MUST_USE enum rd_rc rd_mime_parse(const void *raw, size_t len, bool cut, struct rd_arena *arena,
	struct rd_message *ret_message, struct rd_err *err);

#endif
